"""Gated retraining on explicit distributions: the paper's statements made executable, and a simulator of an arm."""
