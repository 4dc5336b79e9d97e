"""``try`` statements: those that hide a failure, and those that ask for an error."""

from __future__ import annotations

import ast

from gates.tamper.bind import Function
from gates.tamper.calls import error_names, statements_text
from gates.tamper.check import Check
from gates.tamper.conditions import Reader, always
from gates.tamper.names import Names, last

CATCHES_ALL = frozenset({"AssertionError", "Exception", "BaseException"})
_FAILING = frozenset({"pytest.fail", "self.fail"})


def handler_swallows(names: Names, handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches a failed assertion and does not fail itself."""
    caught = handler.type
    types = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    if caught is not None and not any(t is not None and names.dotted(t) in CATCHES_ALL for t in types):
        return False
    fails = (ast.Raise, ast.Assert)
    for statement in handler.body:
        for node in ast.walk(statement):
            if isinstance(node, fails) or (isinstance(node, ast.Call) and last(names.dotted(node.func)) == "fail"):
                return False
    return True


def hides_failures(names: Names, function: Function) -> bool:
    """Whether a function (a decorator) has a handler that catches a failed assertion and goes on."""
    handlers = (n for n in ast.walk(function) if isinstance(n, ast.ExceptHandler))
    return any(handler_swallows(names, handler) for handler in handlers)


def expected_error(reader: Reader, node: ast.Try | ast.TryStar) -> Check | None:
    """Return the check of a ``try`` that fails unless one of its handlers' errors comes; ``None`` for any other.

    The failure is the last thing in its body or all of its ``else``; no handler may catch the failure itself.
    """
    body, final = (node.body, node.orelse) if node.orelse else (node.body[:-1], node.body[-1:])
    if not body or not node.handlers or len(final) != 1 or not _fails(reader.names, final[0]):
        return None
    types = [handler.type for handler in node.handlers if handler.type is not None]
    if len(types) < len(node.handlers):
        return None
    expected = sorted({name for caught in types for name in error_names(reader, caught)})
    if not node.orelse and CATCHES_ALL & set(expected):
        return None
    return Check("raises", statements_text(reader, body), ", ".join(expected))


def _fails(names: Names, statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assert):
        return always(statement.test) is False
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        error = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return names.dotted(error) == "AssertionError"
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Call) and names.dotted(value.func) in _FAILING
