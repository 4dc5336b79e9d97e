"""Published source as a syntax tree, without the warnings that old code gives."""

from __future__ import annotations

import ast

from gates.source import ParseFailure, parse_python


def parsed(source: str) -> ast.Module | None:
    """Return the tree of *source*; ``None`` where it is no Python."""
    tree = parse_python(source.encode("utf-8", "surrogatepass"))
    return None if isinstance(tree, ParseFailure) else tree
