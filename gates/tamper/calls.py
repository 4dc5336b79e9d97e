"""Calls that assert (unittest's methods, mocks, numpy's and pandas' functions, helpers) read as checks."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence

from gates.tamper.check import Check
from gates.tamper.conditions import Reader
from gates.tamper.names import last
from gates.tamper.render import is_literal, substitute, written

_Build = Callable[[ast.expr, ast.expr], ast.expr]


def _compare(operator: ast.cmpop) -> _Build:
    return lambda left, right: ast.Compare(left=left, ops=[operator], comparators=[right])


_EQ, _NE, _IS, _IS_NOT = _compare(ast.Eq()), _compare(ast.NotEq()), _compare(ast.Is()), _compare(ast.IsNot())

# Method -> (how many arguments it compares, the condition it stands for).
_UNITTEST: dict[str, tuple[int, _Build]] = {
    **dict.fromkeys(
        (
            "assertEqual",
            "assertEquals",
            "failUnlessEqual",
            "assertListEqual",
            "assertDictEqual",
            "assertSetEqual",
            "assertTupleEqual",
            "assertSequenceEqual",
            "assertMultiLineEqual",
        ),
        (2, _EQ),
    ),
    **dict.fromkeys(("assertNotEqual", "assertNotEquals", "failIfEqual"), (2, _NE)),
    **dict.fromkeys(("assertTrue", "assert_", "failUnless"), (1, lambda a, _: a)),
    **dict.fromkeys(("assertFalse", "failIf"), (1, lambda a, _: ast.UnaryOp(op=ast.Not(), operand=a))),
    "assertIs": (2, _IS),
    "assertIsNot": (2, _IS_NOT),
    "assertIsNone": (1, lambda a, _: _IS(a, ast.Constant(None))),
    "assertIsNotNone": (1, lambda a, _: _IS_NOT(a, ast.Constant(None))),
    "assertIn": (2, _compare(ast.In())),
    "assertNotIn": (2, _compare(ast.NotIn())),
    "assertGreater": (2, _compare(ast.Gt())),
    "assertGreaterEqual": (2, _compare(ast.GtE())),
    "assertLess": (2, _compare(ast.Lt())),
    "assertLessEqual": (2, _compare(ast.LtE())),
    "assertIsInstance": (2, lambda a, b: ast.Call(func=ast.Name("isinstance", ast.Load()), args=[a, b], keywords=[])),
}
_KEYWORDS = ("first", "second", "expr", "obj", "cls", "member", "container", "expr1", "expr2")

# Functions of numpy, pandas and torch, by their last name.
_EQUAL_FUNCTIONS = frozenset(
    {"assert_array_equal", "assert_equal", "assert_frame_equal", "assert_series_equal", "assert_index_equal"}
)
_APPROX_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "assertAlmostEqual": ("places", "msg", "delta"),
    "assertAlmostEquals": ("places", "msg", "delta"),
    "assert_allclose": ("rtol", "atol"),
    "assert_close": ("rtol", "atol"),
    "assert_almost_equal": ("decimal",),
    "assert_array_almost_equal": ("decimal",),
}
_REGEX_METHODS = frozenset({"assertRegex", "assertRegexpMatches"})
_UNORDERED = frozenset({"assertCountEqual", "assertItemsEqual"})
_MOCKS = {
    "assert_called_once_with": "called_once_with",
    "assert_awaited_once_with": "called_once_with",
    "assert_called_with": "called_with",
    "assert_awaited_with": "called_with",
    "assert_has_calls": "has_calls",
    "assert_has_awaits": "has_calls",
    "assert_any_call": "any_call",
    "assert_any_await": "any_call",
    "assert_called_once": "called_once",
    "assert_awaited_once": "called_once",
    "assert_called": "called",
    "assert_awaited": "called",
    "assert_not_called": "not_called",
    "assert_not_awaited": "not_called",
}
_RAISES = {
    "raises": "raises",
    "RaisesGroup": "raises",
    "assertRaises": "raises",
    "assertRaisesRegex": "raises",
    "assertRaisesRegexp": "raises",
    "failUnlessRaises": "raises",
    "warns": "warns",
    "deprecated_call": "warns",
    "assertWarns": "warns",
    "assertWarnsRegex": "warns",
    "assertLogs": "warns",
}
_HELPER = re.compile(r"^_*(?:assert|verify_?|expect|ensure_|check_|validate_|should)", re.IGNORECASE)
_FLUENT = frozenset({"expect", "assert_that", "assertThat", "ensure"})


def call_checks(reader: Reader, node: ast.Call) -> list[Check]:
    """Return the checks that a call statement makes; none for a call that does not assert."""
    dotted = reader.names.dotted(node.func)
    name = last(dotted) or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
    arguments = positional(node)
    if name in _UNITTEST:
        count, build = _UNITTEST[name]
        if len(arguments) >= count:
            return reader.condition(build(arguments[0], arguments[min(1, len(arguments) - 1)]))
    if name in _APPROX_FUNCTIONS and len(arguments) >= 2:
        return [reader.approx(arguments[0], arguments[1:2], arguments[2:], node.keywords, _APPROX_FUNCTIONS[name])]
    if name in _EQUAL_FUNCTIONS and len(arguments) >= 2:
        return [reader.compare(arguments[0], ast.Eq(), arguments[1])]
    if name in _UNORDERED and len(arguments) >= 2:
        return [_pair(reader, "unordered", arguments[0], arguments[1])]
    if name in _REGEX_METHODS and len(arguments) >= 2:
        return [_pair(reader, "matches", arguments[0], arguments[1])]
    if name in _MOCKS and isinstance(node.func, ast.Attribute):
        expected = [reader.text(a) for a in node.args] + [f"{k.arg}={reader.text(k.value)}" for k in node.keywords]
        literal = all(is_literal(a) for a in (*node.args, *(k.value for k in node.keywords)))
        return [Check(_MOCKS[name], reader.text(node.func.value), ", ".join(expected), literal and bool(expected))]
    if dotted in ("pytest.fail", "self.fail"):
        return [Check("fail", "fail()")]
    return _helper(reader, node, name)


def raises_check(reader: Reader, node: ast.expr, body: Sequence[ast.stmt] = ()) -> Check | None:
    """Return the check of ``pytest.raises(...)`` and its kind; *body* is what stands under the ``with``."""
    if not isinstance(node, ast.Call):
        return None
    dotted = reader.names.dotted(node.func)
    op = _RAISES.get(last(dotted))
    if op is None or (not dotted.startswith(("pytest.", "self.", "cls.", ".")) and "." in dotted):
        return None
    keywords = {k.arg: k.value for k in node.keywords}
    arguments = list(node.args)
    errors = keywords.get("expected_exception") or (arguments.pop(0) if arguments else None)
    pattern = keywords.get("match") or keywords.get("expected_regex")
    if "Regex" in dotted and pattern is None and arguments:
        pattern = arguments.pop(0)
    if any(isinstance(statement, ast.Raise) for statement in body):
        return Check("tautology", f"{op} around a `raise` of its own")
    subject = statements_text(reader, body)
    if not body and arguments:
        call = ast.Call(func=arguments[0], args=arguments[1:], keywords=[])
        subject = reader.text(call)
    expected = ", ".join(sorted(error_names(reader, errors))) if errors is not None else ""
    return Check(op, subject, expected, False, reader.text(pattern) if pattern is not None else "")


def positional(node: ast.Call) -> list[ast.expr]:
    """Return the arguments that unittest's methods compare, also those given by name."""
    return [*node.args, *(k.value for k in node.keywords if k.arg in _KEYWORDS)]


def strip_await(node: ast.expr) -> ast.expr:
    """Return the expression under any ``await``."""
    while isinstance(node, ast.Await):
        node = node.value
    return node


def _pair(reader: Reader, op: str, subject: ast.expr, expected: ast.expr) -> Check:
    first, second = (substitute(side, reader.env, reader.names) for side in (subject, expected))
    if op != "matches" and is_literal(first) and not is_literal(second):
        first, second = second, first
    return Check(op, written(first), written(second), is_literal(second))


def _helper(reader: Reader, node: ast.Call, name: str) -> list[Check]:
    root: ast.expr = node
    while isinstance(root, ast.Call | ast.Attribute):
        inner = root.func if isinstance(root, ast.Call) else root.value
        if isinstance(root, ast.Call) and isinstance(inner, ast.Name) and inner.id in _FLUENT and root is not node:
            return [Check(f"helper:{inner.id}", reader.text(node))]
        root = inner
    if not _HELPER.match(name):
        return []
    arguments = [reader.text(a) for a in node.args] + [f"{k.arg}={reader.text(k.value)}" for k in node.keywords]
    literal = bool(node.args[1:]) and all(is_literal(a) for a in node.args[1:])
    return [Check(f"helper:{name}", arguments[0] if arguments else "", ", ".join(arguments[1:]), literal)]


def statements_text(reader: Reader, body: Sequence[ast.stmt]) -> str:
    """Return the statements that an error is expected of, as one text."""
    return "; ".join(_statement_text(reader, s) for s in body)


def _statement_text(reader: Reader, statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr | ast.Assign) and statement.value is not None:
        return reader.text(strip_await(statement.value))
    return written(statement)


def error_names(reader: Reader, node: ast.expr) -> list[str]:
    """Return the names of one error or of a tuple of them."""
    value = reader.names.value(node)
    elements = value.elts if isinstance(value, ast.Tuple) else [value]
    return [last(reader.names.dotted(e)) or reader.text(e) for e in elements]
