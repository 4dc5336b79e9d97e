"""Small deliberate faults in changed code, to see whether its tests notice."""
