"""Plain assertions as cases: ``assert f(1, "a") == [2]`` is a call and what it must give, comparable outside."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

from collapse_lab.execution import literals
from collapse_lab.tasks.task import Case

_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
# Numbers, those with a power, and texts' lengths: what is reckoned up stays small.
_LARGEST, _POWERS, _LONGEST = 1_000_000, 64, 1000


def cases_of(statements: Sequence[ast.stmt], function: str) -> tuple[Case, ...] | None:
    """Return a case for each assertion about *function*; ``None`` where one statement says anything else.

    Assertions of a constant, and names and constants that stand alone, say nothing and give no case.
    """
    cases = []
    for statement in statements:
        match statement:
            case ast.Expr(value=ast.Constant() | ast.Name()) | ast.Pass():
                continue
            case ast.Assert(test=ast.Constant(value=value)) if value:
                continue
            case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right])):
                case = case_of(left, right, function)
            case _:
                return None
        if case is None:
            return None
        cases.append(case)
    return tuple(cases) or None


def case_of(call: ast.expr, expected: ast.expr, function: str, tolerance: float = 0.0) -> Case | None:
    """Return the case of a call of *function*; ``None`` where it is none, or its values are no literals."""
    match call:
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name == function:
            texts = literal(ast.Tuple(arguments, ast.Load())), literal(expected)
        case _:
            return None
    return None if texts[0] is None or texts[1] is None else Case(texts[0], texts[1], tolerance)


def literal(node: ast.expr) -> str | None:
    """Return the text of an expression that is a literal, or one once its constants are reckoned up (``3 * 19``)."""
    try:
        text = ast.unparse(_Reckoned().visit(ast.parse(ast.unparse(node), mode="eval")))
        literals.read(text)
    except (ValueError, ArithmeticError, TypeError, RecursionError):
        return None
    return text


class _Reckoned(ast.NodeTransformer):
    """Operations on constants, by what they give."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.BinOp(left=ast.Constant(value=left), op=op, right=ast.Constant(value=right)):
                reckon = _OPERATIONS.get(type(op))
                largest = _POWERS if isinstance(op, ast.Pow) else _LARGEST
                if reckon is not None and _small(left, largest) and _small(right, largest):
                    return ast.Constant(reckon(left, right))
        return node


def _small(value: Any, largest: int) -> bool:
    if isinstance(value, (int, float)):
        return abs(value) < largest
    return isinstance(value, str) and len(value) < _LONGEST
