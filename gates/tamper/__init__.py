"""Weakened tests, found by comparing the base's tests and runner configuration with the head's."""
