"""Which interpreters compile a change, and the run that does it."""
