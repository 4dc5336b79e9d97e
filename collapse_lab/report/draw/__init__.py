"""Pictures as SVG by matplotlib: one for wide pages, one for narrow ones, both readable without colour."""
