"""Scripts that run *inside* the sandbox; standard library only, and nothing here knows an expected value.

The directory is shown read-only in the sandbox. ``template`` is started as a file; ``child`` and ``values`` are its
siblings there. ``values`` is imported by the harness outside as well, so that both sides write values the same way.
"""
