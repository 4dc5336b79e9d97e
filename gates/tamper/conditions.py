"""Conditions (what stands behind ``assert``) read as checks."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from gates.tamper.check import Check
from gates.tamper.names import Names, last
from gates.tamper.render import Env, constant, is_literal, substitute, written

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_OPPOSITE = {"==": "!=", "is": "is not", "in": "not in", "<": ">=", ">": "<="}
_OPPOSITE |= {b: a for a, b in _OPPOSITE.items()}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
# What a comparison of ``len(x)`` says about ``x``.
_LENGTHS = {
    ("==", "0"): "falsy",
    ("!=", "0"): "truthy",
    (">", "0"): "truthy",
    (">=", "1"): "truthy",
    ("<", "1"): "falsy",
    ("<=", "0"): "falsy",
    (">=", "0"): "tautology",
}
# A mock's own counts, and the methods that say the same.
_CALLS = {"0": "not_called", "1": "called_once"}
_CALLED = {"truthy": "called", "falsy": "not_called"}
_CLOSE = frozenset({"isclose", "allclose"})


@dataclass(frozen=True)
class Reader:
    """Reads expressions of one module, with what its names stand for at this point."""

    env: Env
    names: Names

    def text(self, node: ast.expr) -> str:
        """Return an expression as text."""
        return written(substitute(node, self.env, self.names))

    def condition(self, node: ast.expr) -> list[Check]:
        """Return the checks that a condition is made of: several for ``a and b``."""
        if isinstance(node, ast.BoolOp):
            if isinstance(node.op, ast.And):
                return [check for value in node.values for check in self.condition(value)]
            return [self._either(node)]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._negated(node.operand)
        if always(node) is not None:
            return [Check("tautology" if always(node) else "fail", written(node))]
        if (pairs := _pairwise(node)) is not None:
            return [self.compare(a, ast.Eq(), b) for a, b in pairs]
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            return [self.compare(a, op, b) for a, op, b in zip(operands, node.ops, operands[1:], strict=False)]
        if isinstance(node, ast.Call):
            return [self._call(node)]
        if isinstance(node, ast.IfExp):
            guard = frozenset({f"if {self.text(node.test)}"})
            return [c.placed(0, guard, dead=always(node.test) is False) for c in self.condition(node.body)]
        return [self._counted("truthy", self.text(node))]

    def _counted(self, op: str, subject: str) -> Check:
        """Return a check of a truth; ``m.called`` says what ``m.assert_called()`` says."""
        owner = subject.removesuffix(".called")
        return Check(_CALLED[op], owner) if owner != subject else Check(op, subject)

    def compare(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Check:
        """Return the check of one comparison, the expected value on its right."""
        op = _OPERATORS[type(operator)]
        if isinstance(operator, ast.Eq | ast.Is | ast.LtE | ast.GtE) and written(left) == written(right):
            return Check("tautology", f"{written(left)} {op} {written(right)}")
        if op == "==" and any(last(self.names.dotted(side)) == "ANY" for side in (left, right)):
            return Check("tautology", f"{written(left)} {op} {written(right)}")
        for subject, other in ((left, right), (right, left)):
            if op == "==" and isinstance(other, ast.Call) and last(self.names.dotted(other.func)) == "approx":
                return self.approx(subject, other.args[:1], other.args[1:], other.keywords, ("rel", "abs"))
        first, second = (substitute(side, self.env, self.names) for side in (left, right))
        if is_literal(first) and not is_literal(second):
            first, second, op = second, first, _MIRRORED.get(op, op)
        if op == "==" and is_literal(first) and written(first) == written(second):
            return Check("tautology", f"{written(left)} {op} {written(right)}")
        if op == "==" and isinstance(first, ast.Attribute) and first.attr == "call_count":
            calls = _CALLS.get(written(second))
            if calls is not None:
                return Check(calls, written(first.value))
        size = _LENGTHS.get((op, written(second)))
        if size is not None and isinstance(first, ast.Call) and written(first.func) == "len" and len(first.args) == 1:
            return Check(size, written(first.args[0]))
        return Check(op, written(first), written(second), is_literal(second))

    def approx(
        self,
        subject: ast.expr,
        expected: list[ast.expr],
        tolerances: list[ast.expr],
        keywords: list[ast.keyword],
        order: tuple[str, ...],
    ) -> Check:
        """Return an approximate comparison; the tolerance goes into ``extra`` as ``name=value`` words."""
        named = dict(zip(order, tolerances, strict=False)) | {k.arg: k.value for k in keywords if k.arg in order}
        extra = " ".join(f"{name}={self.text(value)}" for name, value in sorted(named.items()))
        target = expected[0] if expected else ast.Constant(None)
        first, second = (substitute(side, self.env, self.names) for side in (subject, target))
        if is_literal(first) and not is_literal(second):
            first, second = second, first
        return Check("approx", written(first), written(second), is_literal(second), extra)

    def _either(self, node: ast.BoolOp) -> Check:
        if any(always(value) for value in node.values):
            return Check("tautology", written(node))
        return Check("or", self.text(node), " | ".join(self.text(value) for value in node.values))

    def _negated(self, node: ast.expr) -> list[Check]:
        if isinstance(node, ast.Constant):
            return [Check("fail" if node.value else "tautology", f"not {written(node)}")]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.condition(node.operand)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            return [check for value in node.values for check in self._negated(value)]
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            check = self.compare(node.left, node.ops[0], node.comparators[0])
            if check.op in _OPPOSITE:
                return [Check(_OPPOSITE[check.op], check.subject, check.expected, check.literal)]
        return [self._counted("falsy", self.text(node))]

    def _call(self, node: ast.Call) -> Check:
        name = last(self.names.dotted(node.func))
        arguments = node.args
        if name == "isinstance" and len(arguments) == 2:
            if written(arguments[1]) == "object":
                return Check("tautology", written(node))
            return Check("isinstance", self.text(arguments[0]), self.text(arguments[1]))
        if name in _CLOSE and len(arguments) >= 2:
            return self.approx(
                arguments[0], arguments[1:2], arguments[2:], node.keywords, ("rtol", "atol", "rel_tol", "abs_tol")
            )
        if name in ("all", "any") and len(arguments) == 1:
            return Check(name, self.text(arguments[0]))
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("startswith", "endswith") and arguments:
            expected = substitute(arguments[0], self.env, self.names)
            return Check("affix", self.text(node.func.value), written(expected), is_literal(expected), node.func.attr)
        return Check("truthy", self.text(node))


def _pairwise(node: ast.expr) -> list[tuple[ast.expr, ast.expr]] | None:
    """Return the elements of ``(a, b) == (c, d)`` side by side, ``None`` for any other condition."""
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq):
        return None
    left, right = node.left, node.comparators[0]
    for kind in (ast.Tuple, ast.List):
        if isinstance(left, kind) and isinstance(right, kind) and len(left.elts) == len(right.elts) > 0:
            starred = any(isinstance(e, ast.Starred) for e in (*left.elts, *right.elts))
            return None if starred else list(zip(left.elts, right.elts, strict=True))
    return None


def always(node: ast.expr) -> bool | None:
    """Return the truth of an expression that has only one, whatever happens; else ``None``."""
    if isinstance(node, ast.Name):
        return {"TYPE_CHECKING": False, "__debug__": True}.get(node.id)
    if isinstance(node, ast.Attribute):
        return False if node.attr == "TYPE_CHECKING" else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = always(node.operand)
        return None if inner is None else not inner
    if isinstance(node, ast.BoolOp):
        return _always_both(node)
    if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
        return bool(node.keys if isinstance(node, ast.Dict) else node.elts)
    if isinstance(node, ast.JoinedStr):
        return True if any(isinstance(v, ast.Constant) and v.value for v in node.values) else None
    if isinstance(node, ast.Lambda):
        return True
    if isinstance(node, ast.Constant):
        return bool(node.value)
    return _constant_comparison(node) if isinstance(node, ast.Compare) else None


def _always_both(node: ast.BoolOp) -> bool | None:
    values = [always(value) for value in node.values]
    decisive = isinstance(node.op, ast.Or)
    if decisive in values:
        return decisive
    return None if None in values else not decisive


_COMPARISONS: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}


def _constant_comparison(node: ast.Compare) -> bool | None:
    operation = _COMPARISONS.get(type(node.ops[0]))
    if not all(is_literal(side) for side in (node.left, node.comparators[0])):
        return None
    left, right = constant(node.left), constant(node.comparators[0])
    if operation is None or len(node.ops) != 1 or left is None or right is None:
        return None
    return operation(left, right)
