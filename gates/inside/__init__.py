"""Scripts that run *inside* the sandbox. Each is a file of its own that imports nothing from Exogate."""
