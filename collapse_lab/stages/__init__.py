"""The stages of a round: each a pure function from what it is given to rows, with no knowledge of files or keys."""
