"""The commands that run the App: one command a file, loaded by ``exogate`` when called."""
