"""Acts on verdicts: where a change comes from, the one review path, reports and the command line."""
