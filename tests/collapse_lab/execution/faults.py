"""Small faults put into correct solutions, the same ones every time: what the adapters are compared on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Div, ast.Mod: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


class _Fault(ast.NodeTransformer):
    """Changes the place number *wanted*, and counts the places."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.places = wanted, 0

    def _here(self) -> bool:
        self.places += 1
        return self.places - 1 == self.wanted

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if type(node) in _SWAPS and self._here():
            return _SWAPS[type(node)]()
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int and self._here():
            return ast.Constant(node.value + 1)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None and self._here():
            return ast.Return(ast.Call(ast.Name("str", ast.Load()), [node.value], []))
        if node.value is not None and self._here():
            return ast.Return(None)
        return node


def faulty(source: str, most: int) -> Iterator[str]:
    """Yield up to *most* variants of *source*, spread evenly over the places where a fault can be."""
    counter = _Fault(-1)
    counter.visit(ast.parse(source))
    step = max(1, counter.places // max(1, most))
    for place in range(0, counter.places, step)[:most]:
        yield ast.unparse(ast.fix_missing_locations(_Fault(place).visit(ast.parse(source))))
