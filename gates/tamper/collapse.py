"""Very long literals replaced by their hash, so that one table of data does not cost minutes."""

from __future__ import annotations

import ast
import hashlib
from typing import Any

# Tables of parameters are rarely longer; data that was generated is.
MAX_ELEMENTS = 2_000
# What is left after that must be followable in seconds.
MAX_NODES = 150_000


def collapse(tree: ast.Module) -> bool:
    """Replace, in place, each literal of more than ``MAX_ELEMENTS``; return whether the rest is small enough."""
    waiting: list[ast.AST] = [tree]
    nodes = 0
    while waiting:
        node = waiting.pop()
        nodes += 1
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                value[:] = [_short(v) for v in value]
                waiting.extend(v for v in value if isinstance(v, ast.AST))
            elif isinstance(value, ast.AST):
                short = _short(value)
                setattr(node, name, short)
                waiting.append(short)
    return nodes <= MAX_NODES


def _short(node: Any) -> Any:
    if isinstance(node, ast.Dict):
        length = len(node.keys)
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        length = len(node.elts)
    else:
        return node
    if length <= MAX_ELEMENTS:
        return node
    try:
        value = ast.literal_eval(node)
        text = repr(sorted(map(repr, value)) if isinstance(value, set) else value)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return node
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    # The mark of render.opaque for a literal.
    return ast.Name(id=f"‹={digest} of {length}›", ctx=ast.Load(), lineno=node.lineno, col_offset=node.col_offset)
