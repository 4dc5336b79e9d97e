"""Acts on verdicts: where a change comes from, the one review path, reports and the command line."""

__version__ = "0.1.0"
