"""Tables that gates look things up in."""
