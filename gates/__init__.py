"""Judges of code: changes in, verdicts out. Knows no GitHub, no web server, no model library."""
