"""One spelling for what has no order: the elements of a set, the keys of a dict, arguments given by name."""

from __future__ import annotations

import ast


def ordered(node: ast.AST) -> ast.AST:
    """Return *node* with its parts in one order where theirs means nothing; ``dict(a=1)`` becomes ``{'a': 1}``.

    Only names and constants change places: the order of calls may mean something.
    """
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.Set) and all(_is_plain(e) for e in node.elts):
        return ast.Set(sorted(node.elts, key=ast.unparse))
    if isinstance(node, ast.Dict):
        return _dict([(key, value) for key, value in zip(node.keys, node.values, strict=True)])
    return node


def _call(node: ast.Call) -> ast.AST:
    named = [(k.arg, k.value) for k in node.keywords if k.arg is not None]
    if len(named) < len(node.keywords) or not named:
        return node
    if isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args:
        return _dict([(ast.Constant(name), value) for name, value in named])
    if not all(_is_plain(value) for _, value in named):
        return node
    keywords = sorted(node.keywords, key=lambda keyword: keyword.arg or "")
    return ast.Call(func=node.func, args=node.args, keywords=keywords)


def _dict(pairs: list[tuple[ast.expr | None, ast.expr]]) -> ast.Dict:
    if all(key is not None and _is_plain(key) and _is_plain(value) for key, value in pairs):
        # A key that stands there twice has its last value.
        pairs = sorted(pairs, key=lambda pair: ast.unparse(pair[0]) if pair[0] is not None else "")
    return ast.Dict([key for key, _ in pairs], [value for _, value in pairs])


def _is_plain(node: ast.expr) -> bool:
    return not any(isinstance(n, ast.Call | ast.Await | ast.NamedExpr | ast.Starred) for n in ast.walk(node))
