"""The script that fetches and builds wheels *inside* the sandbox; it imports nothing from Exogate."""
