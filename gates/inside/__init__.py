"""Scripts that run *inside* the sandbox, started as files by ``gates.toolrun``; they import nothing from Exogate.

The whole directory is shown read-only at ``/exogate/inside``, and an interpreter of at least Python 3.8 runs a
script of it with ``-I``. A script may import its siblings (``channel`` first of all): it puts its own directory in
front of ``sys.path`` for as long as those imports take, and takes it away again before it touches judged code.
"""
