"""Test functions of a module by name, and which of them a change wrote."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gates.change import Change, Status
from gates.source import ParseFailure, parse_python
from gates.testconfig import read_pytest_config
from gates.testfiles import TestLayout

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_DEFAULT_PREFIXES = ("test",)
# Built-in names through which a body reaches code without naming it.
_REACHING = frozenset({"__import__", "compile", "eval", "exec", "globals", "locals", "open", "vars"})
_INWARD = frozenset(dir(builtins)) - _REACHING


@dataclass(frozen=True)
class TestFunction:
    """A test as it stands in its file: pytest's id without parameters, its first line, and what it says.

    ``text`` is the same for functions that differ in formatting, comments, docstring, or name alone. A ``hollow``
    one names nothing outside itself: whatever the code does, it ends the same.
    """

    __test__ = False

    id: str
    line: int
    text: str
    hollow: bool = False

    @property
    def path(self) -> str:
        """The file."""
        return self.id.partition("::")[0]


def test_functions(path: str, source: bytes, patterns: Sequence[str] = _DEFAULT_PREFIXES) -> list[TestFunction]:
    """Return a module's test functions, those in classes included; none where it cannot be parsed.

    *patterns* are pytest's ``python_functions``: prefixes, or globs where they hold a wildcard.
    """
    tree = parse_python(source)
    return [] if isinstance(tree, ParseFailure) else list(_walk(path, tree.body, patterns))


test_functions.__test__ = False  # type: ignore[attr-defined]


def own_tests(change: Change, layout: TestLayout) -> list[TestFunction]:
    """Return the head's test functions that the change added or rewrote, in order.

    One that was only renamed or moved (a test of the same text is gone from the base) is not among them.
    """
    patterns = read_pytest_config(change.base).words("python_functions") or _DEFAULT_PREFIXES
    before: dict[str, TestFunction] = {}
    after: dict[str, TestFunction] = {}
    for file in change.files:
        old = file.old_path
        if old is not None and layout.is_test_module(old) and change.base.entries[old].is_file:
            before.update((t.id, t) for t in test_functions(old, change.base.read(old), patterns))
        entry = change.head.entries.get(file.path) if file.status is not Status.DELETED else None
        if entry is not None and entry.is_file and layout.is_test_module(file.path):
            after.update((t.id, t) for t in test_functions(file.path, change.head.read(file.path), patterns))
    gone = [t.text for name, t in before.items() if name not in after]
    result = []
    for name, test in after.items():
        known = before.get(name)
        if known is not None and known.text == test.text:
            continue
        if known is None and test.text in gone:
            gone.remove(test.text)
            continue
        result.append(test)
    return result


def _walk(prefix: str, body: Sequence[ast.stmt], patterns: Sequence[str]) -> Iterator[TestFunction]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _walk(f"{prefix}::{node.name}", node.body, patterns)
        elif isinstance(node, _Function) and any(_matches(node.name, p) for p in patterns):
            yield TestFunction(f"{prefix}::{node.name}", node.lineno, _text(node), _is_hollow(node))
        elif isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _walk(prefix, getattr(node, part, ()), patterns)


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) if any(c in pattern for c in "*?[") else name.startswith(pattern)


def _text(function: _Function) -> str:
    """Return what a function says, without its name and docstring."""
    bare = copy.copy(function)
    bare.name = "test"
    first = bare.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        bare.body = bare.body[1:]
    return ast.dump(bare)


def _is_hollow(function: _Function) -> bool:
    """Whether a function without parameters or decorators imports nothing and names only built-ins and its own."""
    given = [a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)]
    if function.decorator_list or given not in ([], ["self"]):
        return False
    nodes = [n for statement in function.body for n in ast.walk(statement)]
    if any(isinstance(n, ast.Import | ast.ImportFrom) for n in nodes):
        return False
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    asserting = {id(n.value) for n in nodes if isinstance(n, ast.Attribute) and n.attr.startswith("assert")}
    used = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and id(n) not in asserting}
    return used <= stored | _INWARD
