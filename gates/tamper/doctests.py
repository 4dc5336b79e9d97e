"""Examples in docstrings, where the base's configuration runs them as tests: their results are assertions."""

from __future__ import annotations

import ast
import doctest
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from gates.change import Change, FileChange, Snapshot, Status
from gates.tamper.check import shortened
from gates.tamper.files import parse_file
from gates.tamper.render import text_of
from gates.tamper.rules import Weakening
from gates.testconfig import PytestConfig

_OPTION = "--doctest-modules"
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class _Example(NamedTuple):
    owner: str
    source: str
    want: str
    line: int
    skipped: bool


def are_tests(config: PytestConfig) -> bool:
    """Whether pytest collects the examples of every module."""
    return _OPTION in config.words("addopts")


def compare_doctests(change: Change, files: list[FileChange]) -> Iterator[Weakening]:
    """Yield the examples of changed modules that are gone, expect something else, or no longer run.

    An example without a result asserts nothing. Where it stands, and its layout, do not matter.
    """
    pairs = [(f, list(_examples(change.base, f.old_path)), list(_examples(change.head, f.path))) for f in files]
    runs = Counter((e.source, e.want) for _, _, after in pairs for e in after if not e.skipped)
    for file, before, after in pairs:
        for old in before:
            if old.skipped:
                continue
            if runs[old.source, old.want] > 0:
                runs[old.source, old.want] -= 1
            else:
                yield _weakening(file, old, after)


def documented(change: Change) -> list[FileChange]:
    """Return the changed modules; the examples of a deleted one are missed by the base's tests."""
    return [f for f in change.files if f.path.endswith(".py") and f.old_path and f.status is not Status.DELETED]


def _weakening(file: FileChange, old: _Example, after: list[_Example]) -> Weakening:
    shown = f"`{shortened(old.source)}` of `{old.owner}`" if old.owner else f"`{shortened(old.source)}`"
    new = next((e for e in after if (e.owner, e.source) == (old.owner, old.source)), None)
    if new is None:
        return Weakening(file.path, None, "assertion-removed", f"The example {shown} is gone (base: line {old.line}).")
    if new.skipped:
        return Weakening(file.path, new.line, "new-skip", f"The example {shown} is now skipped.")
    message = f"The example {shown} expects {shortened(new.want)!r} where it expected {shortened(old.want)!r}."
    return Weakening(file.path, new.line, "expectation-changed", message)


def _examples(snapshot: Snapshot, path: str | None) -> Iterator[_Example]:
    tree = parse_file(snapshot, path)
    for owner, node in _documented(tree, ()) if tree is not None else ():
        first = node.body[0] if node.body else None
        docstring = ast.get_docstring(node, clean=False)
        if docstring is None or first is None:
            continue
        try:
            found = doctest.DocTestParser().get_examples(docstring)
        except ValueError:  # an example that doctest itself refuses
            continue
        for example in found:
            if example.want:
                skipped = example.options.get(doctest.SKIP, False)
                line = first.lineno + example.lineno
                yield _Example(".".join(owner), _in_one_spelling(example.source), example.want.strip(), line, skipped)


def _documented(node: _Documented, owner: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], _Documented]]:
    yield owner, node
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _documented(child, (*owner, child.name))


def _in_one_spelling(source: str) -> str:
    try:
        return text_of(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source.strip()
