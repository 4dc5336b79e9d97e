"""Copies of code found by fingerprints: tokens, fingerprints, and the search."""
