"""Reporters: each consumes the same Review and knows one medium."""
