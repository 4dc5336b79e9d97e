"""Which files of a snapshot import given ones, by their import statements alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from gates.change import Snapshot

# Larger files are not searched; more importers than these are not worth their time.
_MAX_BYTES = 1024 * 1024
MAX_IMPORTERS = 100

_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([\w., \t]+)", re.MULTILINE)
_FROM = re.compile(rb"^[ \t]*from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import[ \t]*(\([^)]*\)|[^\n]*)", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]\w*")


def importers(snapshot: Snapshot, paths: Iterable[str]) -> list[str]:
    """Return the Python files of *snapshot* that may import one of *paths*, sorted, at most ``MAX_IMPORTERS``.

    A name matches by its last parts, since where the import path starts is not known here: rather a file too many.
    """
    wanted = set(paths)
    names = {name for path in wanted for name in _names(path)}
    if not names:
        return []
    entries = snapshot.entries
    candidates = [
        p
        for p, e in sorted(entries.items())
        if p.endswith((".py", ".pyi")) and p not in wanted and e.is_file and e.size <= _MAX_BYTES
    ]
    found = [path for path, source in snapshot.read_many(candidates) if names.intersection(imported(source, path))]
    return found[:MAX_IMPORTERS]


def _names(path: str) -> Iterator[str]:
    """Yield the dotted names that a file may have, from the full one to its last part."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    for start in range(len(parts)):
        yield ".".join(parts[start:])


def imported(source: bytes, path: str) -> set[str]:
    """Return the dotted names that the source at *path* imports: modules, and what it takes from them."""
    found: set[str] = set()
    for match in _IMPORT.finditer(source):
        for item in match[1].decode("utf-8", "replace").split(","):
            if words := item.split():
                found.update(_prefixes(words[0]))
    for match in _FROM.finditer(source):
        module = _absolute(len(match[1]), match[2].decode("utf-8", "replace"), path)
        found.update(_prefixes(module))
        for name in _WORD.findall(match[3].decode("utf-8", "replace")):
            found.add(f"{module}.{name}" if module else name)
    return found


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])


def _absolute(dots: int, module: str, path: str) -> str:
    """Return the dotted name, from the snapshot's root, of what a relative import means."""
    if not dots:
        return module
    package = list(PurePosixPath(path).parent.parts)
    package = package[: max(0, len(package) - dots + 1)]
    return ".".join([*package, *([module] if module else [])])
