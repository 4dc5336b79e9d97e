"""The files of a change that judge it, read on both sides."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gates.change import Change, FileChange, Snapshot, Status
from gates.source import MAX_BYTES, ParseFailure, parse_python
from gates.tamper.collapse import collapse
from gates.tamper.module import Collection, TestModule, read_module
from gates.tamper.testcase import TestCase
from gates.testconfig import PytestConfig
from gates.testfiles import TestLayout


@dataclass(frozen=True)
class Side:
    """The changed judging files of one snapshot, by path. ``broken`` are those that could not be read."""

    tests: list[TestCase] = field(default_factory=list)
    others: list[TestCase] = field(default_factory=list)
    modules: dict[str, TestModule] = field(default_factory=dict)
    broken: dict[str, ParseFailure] = field(default_factory=dict)


def judging(change: Change, layout: TestLayout) -> list[FileChange]:
    """Return the changed files that judge the change, on either side."""
    return [f for f in change.files if any(layout.judges(p) for p in (f.path, f.old_path) if p)]


def read_side(snapshot: Snapshot, paths: Iterable[str], layout: TestLayout, collection: Collection) -> Side:
    """Read the Python files among *paths*. Functions of files that hold no tests by name count as ``others``."""
    side = Side()
    for path, module in _parsed(snapshot, paths, collection):
        if isinstance(module, ParseFailure):
            side.broken[path] = module
            continue
        side.modules[path] = module
        side.others.extend(module.others.values())
        (side.tests if layout.is_test_module(path) else side.others).extend(module.tests.values())
    return side


def paths_of(files: Iterable[FileChange]) -> tuple[list[str], list[str]]:
    """Return the files' paths on the base's side and on the head's."""
    every = list(files)
    base = [f.old_path for f in every if f.old_path is not None]
    return base, [f.path for f in every if f.status is not Status.DELETED]


def collection_of(config: PytestConfig) -> Collection:
    """Return what counts as a test by the base's configuration."""
    default = Collection()
    return Collection(
        config.words("python_functions") or default.functions, config.words("python_classes") or default.classes
    )


def parse_file(snapshot: Snapshot, path: str | None) -> ast.Module | None:
    """Return one file's tree, ``None`` where there is none."""
    content = read_file(snapshot, path)
    tree = parse_python(content) if content is not None else None
    return tree if isinstance(tree, ast.Module) else None


def read_file(snapshot: Snapshot, path: str | None) -> bytes | None:
    """Return a small file's content; ``None`` where the path is absent, no file, or too large to be source."""
    entry = snapshot.entries.get(path) if path is not None else None
    if path is None or entry is None or not entry.is_file or entry.size > MAX_BYTES:
        return None
    return snapshot.read(path)


def _parsed(
    snapshot: Snapshot, paths: Iterable[str], collection: Collection
) -> Iterator[tuple[str, TestModule | ParseFailure]]:
    for path in paths:
        entry = snapshot.entries.get(path)
        if not path.endswith(".py") or entry is None or not entry.is_file:
            continue
        if entry.size > MAX_BYTES:
            yield path, ParseFailure("it is too large")
            continue
        source = snapshot.read(path)
        tree = parse_python(source)
        yield path, tree if isinstance(tree, ParseFailure) else _read(path, source, tree, collection)


def _read(path: str, source: bytes, tree: ast.Module, collection: Collection) -> TestModule | ParseFailure:
    if not collapse(tree):
        return ParseFailure("it holds more code than can be followed")
    try:
        return read_module(path, source, tree, collection)
    except RecursionError:
        return ParseFailure("its code is nested too deeply to be followed")
