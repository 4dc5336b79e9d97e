"""When a head's ``conftest.py`` may be used: only where it adds to the base's, and can decide nothing.

A head's new tests may need a new fixture; a head's hooks must never judge. The check is static and narrow: what it
does not recognise counts as more than an addition.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from gates.source import ParseFailure, parse_python

# Fixtures of pytest's own (`pytest --fixtures`): one of the same name would take their place for every test.
_BUILT_IN_FIXTURES = frozenset(
    {
        "cache", "capfd", "capfdbinary", "caplog", "capsys", "capsysbinary", "capteesys", "doctest_namespace",
        "event_loop", "monkeypatch", "pytestconfig", "pytester", "record_property", "record_testsuite_property",
        "record_xml_attribute", "recwarn", "request", "subtests", "testdir", "tmp_path", "tmp_path_factory", "tmpdir",
        "tmpdir_factory",
    }
)  # fmt: skip
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_PLAIN = (
    ast.Constant,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.UnaryOp,
    ast.USub,
    ast.Load,
    ast.Name,
    ast.Attribute,
)


def objection(base: bytes | None, head: bytes, taken: Iterable[str] = ()) -> tuple[int | None, str] | None:
    """Return the line and the reason why *head* is more than additions to *base*, or ``None`` where it is not.

    *taken* are names that other ``conftest.py`` files bind: fixtures of these names would be replaced.
    """
    before = parse_python(base or b"")
    after = parse_python(head)
    if isinstance(after, ParseFailure):
        return after.line, after.reason
    if isinstance(before, ParseFailure):
        return None, "the base's cannot be parsed"
    old, new = _statements(before), _statements(after)
    added = _added(old, new)
    if added is None:
        return None, "it removes, changes or reorders what the base's holds"
    bound = {*taken, *_BUILT_IN_FIXTURES, *(name for statement in old for name in _names(statement))}
    for statement in added:
        reason = _refuse(statement, bound)
        if reason is not None:
            return statement.lineno, reason
    return None


def bound_names(source: bytes) -> frozenset[str]:
    """Return the names that a module binds at its top level."""
    tree = parse_python(source)
    if isinstance(tree, ParseFailure):
        return frozenset()
    return frozenset(name for statement in tree.body for name in _names(statement))


def _statements(tree: ast.Module) -> list[ast.stmt]:
    body = tree.body
    return body[1:] if ast.get_docstring(tree, clean=False) is not None else body


def _added(old: list[ast.stmt], new: list[ast.stmt]) -> list[ast.stmt] | None:
    """Return the statements of *new* that *old* lacks; ``None`` unless all of *old* is there, in its order."""
    wanted = [ast.dump(s) for s in old]
    added, at = [], 0
    for statement in new:
        if at < len(wanted) and ast.dump(statement) == wanted[at]:
            at += 1
        else:
            added.append(statement)
    return added if at == len(wanted) else None


def _refuse(statement: ast.stmt, bound: set[str]) -> str | None:
    """Return why a new statement is more than an addition, or ``None``."""
    names = list(_names(statement))
    hook = next((n for n in names if n.startswith("pytest_")), None)
    if hook is not None:
        return f"it adds {hook}, which pytest obeys"
    repeated = next((n for n in names if n in bound), None)
    if repeated is not None and not isinstance(statement, ast.Import | ast.ImportFrom):
        return f"it gives the name {repeated} another meaning"
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return "it imports everything from a module" if "*" in names else None
    if isinstance(statement, _Function):
        return _refuse_function(statement, bound)
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        simple = all(isinstance(t, ast.Name) for t in _targets(statement))
        plain = statement.value is None or all(isinstance(n, _PLAIN) for n in ast.walk(statement.value))
        return None if simple and plain else "it runs code when it is loaded"
    return "it runs code when it is loaded"


def _refuse_function(function: _Function, bound: set[str]) -> str | None:
    defaults = [*function.args.defaults, *(d for d in function.args.kw_defaults if d is not None)]
    if not all(isinstance(n, _PLAIN) for d in defaults for n in ast.walk(d)):
        return "it runs code when it is loaded"
    for decorator in function.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        if ast.unparse(call.func if call else decorator) not in ("pytest.fixture", "fixture"):
            return f"{function.name} has a decorator that is not pytest.fixture"
        for keyword in call.keywords if call else ():
            reason = _refuse_keyword(function.name, keyword, bound)
            if reason is not None:
                return reason
    return None


def _refuse_keyword(name: str, keyword: ast.keyword, bound: set[str]) -> str | None:
    value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
    if keyword.arg == "autouse" and value is not False:
        return f"the fixture {name} runs for every test (autouse)"
    if keyword.arg is None:
        return f"the fixture {name} takes options that cannot be read"
    if keyword.arg == "name" and (not isinstance(value, str) or value in bound or value.startswith("pytest_")):
        return f"the fixture {name} takes another name"
    return None


def _names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a top-level statement binds."""
    if isinstance(statement, _Function | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            yield alias.asname or alias.name.partition(".")[0]
    else:
        for target in _targets(statement):
            yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign | ast.AugAssign) else []
