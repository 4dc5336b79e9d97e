"""Judges of code: changes in, verdicts out. Knows no GitHub, no web server, no model library.

What lies here, from the middle outwards. Nothing imports ``app``; nothing imports in a circle; and nothing but the
registry knows a gate of ``exogenous/``, by its name.

The core: plain data and pure functions.
    ``change``, ``diff``            what is judged: two snapshots, and the lines between them
    ``verdict``, ``decision``       what a gate says, and what a policy makes of it
    ``gate``                        the contract: what a gate is, and all that it may use of the world
    ``policy``, ``policy_yaml``, ``policy_words``, ``presets``, ``policies/``
                                    which gates judge and which block: model, reader, what is wrong with one in words,
                                    by name, the files shipped
    ``nearest``                     the name that was probably meant
    ``registry``, ``panel``         all gates by name; a policy's gates run side by side

The edges: where the world comes in.
    ``sandbox/``                    where untrusted code runs: one interface (``spec``), three back-ends
    ``inside/``                     the scripts that run in there; they import nothing of this package
    ``toolrun``                     starts such a script in the sandbox and reads its records without trust
    ``plain``                       the same for a script that only reads, where there is no sandbox
    ``workspace``, ``cache``        snapshots on disk; results about bases, kept by content
    ``interpreter``                 a Python as gates see it: the repository's, or Exogate's own

``evidence/``: what the lab measured for policies, as cards in files, and what they say of one.

About a repository: questions that several gates ask.
    ``source``, ``pyversions``      a syntax tree whatever the bytes are; which Pythons are declared
    ``testfiles``, ``testconfig``   which paths judge the rest; how pytest is configured
    ``importers``                   which files import given ones

``exogenous/``: the gates, one file each. What is too long for one file has its own place:
    ``compiling/``                  compile          ``credentials/``    secrets
    ``dependencies/``               imports          ``duplicates/``     duplication
    ``tamper/``                     tampering        ``mutants/``        mutation
    ``testrun/``                    base-tests and own-tests, and for mutation the tests that it runs
    ``foreign/``                    command: programs of other languages, and the reports they write
    ``tool*``, ``typechecking``, ``baseline``, ``suppressions``
                                    lint, types and security: one tool, run once for many bases and heads, its new
                                    findings told from the old, comments that would silence it not heard
    ``data/``                       tables: popular distributions, names of imports
"""
