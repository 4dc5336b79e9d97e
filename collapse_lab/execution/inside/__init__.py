"""Scripts that run *inside* the sandbox; standard library only, and nothing here knows an expected value.

The directory is shown read-only in the sandbox. ``template`` is started as a file; ``values`` is its sibling there,
and imported by the harness outside as well, so that both sides write values the same way.
"""
