"""Files of a head that would take the place of a library for the tests that judge it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache

from gates.change import Change, Snapshot
from gates.interpreter import Interpreter
from gates.testconfig import read_pytest_config
from gates.testfiles import TestLayout
from gates.verdict import Finding, Severity


def shadows(change: Change, layout: TestLayout, interpreter: Interpreter) -> tuple[str, ...]:
    """Return the files and directories that the head adds where they would be imported in place of a library.

    A library is a module of the standard library or one installed beside *interpreter*; the places are those from
    which the base's tests import. What the base has as well is its own choice.
    """
    roots = frozenset(_roots(change.base, layout))
    before = {name for _, name in _modules(change.base.entries, roots)}
    libraries = sys.stdlib_module_names | _installed(interpreter)
    added = dict.fromkeys(
        path
        for path, name in _modules((f.path for f in change.files), roots)
        if name in libraries and name not in before
    )
    return tuple(added)


def findings(paths: Iterable[str]) -> tuple[Finding, ...]:
    """Return a finding for each of what ``shadows`` returned."""
    return tuple(
        Finding(
            path,
            None,
            "shadowed-module",
            f"{path} has the name of a library; the base's tests ran without it, so that they use the real one.",
            Severity.WARNING,
        )
        for path in paths
    )


def _roots(base: Snapshot, layout: TestLayout) -> Iterator[str]:
    """Yield the directories from which the base's tests import: pytest adds each test module's own, or one above."""
    yield from ("", "src")
    yield from (root.strip("./") for root in read_pytest_config(base).words("pythonpath"))
    for path in base.entries:
        if layout.is_test_module(path):
            while path:
                path = path.rpartition("/")[0]
                yield path


def _modules(paths: Iterable[str], roots: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield ``(path, module name)`` of each top-level module or package beneath a root."""
    for path in paths:
        parts = path.split("/")
        for depth, part in enumerate(parts):
            if "/".join(parts[:depth]) in roots and (depth < len(parts) - 1 or part.endswith((".py", ".so", ".pyc"))):
                yield "/".join(parts[: depth + 1]), part.partition(".")[0]


@lru_cache(maxsize=8)
def _installed(interpreter: Interpreter) -> frozenset[str]:
    """Return the names of the top-level modules and packages installed beside an interpreter."""
    return frozenset(
        entry.name.partition(".")[0]
        for directory in interpreter.site_packages
        if directory.is_dir()
        for entry in directory.iterdir()
        if "-" not in entry.name and entry.name != "__pycache__" and (entry.is_dir() or entry.suffix in (".py", ".so"))
    )
