"""Where untrusted code runs: one interface, three back-ends, no silent fall-back.

``spec``            what every back-end takes and gives
``choose``          which one is used; ``probe`` tries it, ``remedies`` says what to do where it does not work
``bubblewrap``      the default: ``layout`` (files), ``seccomp`` and ``syscalls`` (calls), ``handshake`` (its start)
``container``       docker or podman
``runner``          a plain process on a throw-away machine; ``reap`` is the program that it starts first
``stoppable``       any of them, for a review that may have to stop early
``supervise``       feeds, reads and ends a run; ``tree`` counts and kills processes, ``rlimits`` sets limits,
                    ``environment`` is all that a command sees of one
"""
