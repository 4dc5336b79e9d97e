"""Execution: untrusted samples run in the sandbox; what they return is compared outside their process."""
