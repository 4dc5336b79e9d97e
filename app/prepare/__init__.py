"""Environments for a repository's tests: its dependencies fetched and built in the sandbox, kept by what was asked."""
