"""The distributions that a repository declares."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gates.change import Snapshot
from gates.dependencies.formats import (
    dynamic_files,
    includes,
    is_dynamic,
    name_of,
    names_in,
    reader_of,
    requirement_lines,
)
from gates.dependencies.names import normalised

_MAX_BYTES = 256 * 1024
# Dependency files below these directories are fixtures or other people's.
_FOREIGN = frozenset({"node_modules", "vendor", "_vendor", "third_party", "site-packages", "fixtures", "testdata"})


@dataclass(frozen=True)
class Declarations:
    """Normalised names with the file that declares each.

    ``files`` are the dependency files; ``complete`` is false where one of them works its list out by code.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    complete: bool = True


def declarations(snapshot: Snapshot) -> Declarations:
    """Read every dependency file of a snapshot, and what those include; nothing is run."""
    names: dict[str, str] = {}
    files: list[str] = []
    complete = True
    for path, text in _dependency_files(snapshot):
        files.append(path)
        complete = complete and (not is_dynamic(path, text) or bool(dynamic_files(text)))
        found = names_in(path, text)
        for name in found if found is not None else _plain_names(text):
            names.setdefault(normalised(name), path)
    return Declarations(names, tuple(files), complete)


def _plain_names(text: str) -> Iterator[str]:
    return (name for line in requirement_lines(text) if (name := name_of(line)))


def _dependency_files(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Yield each dependency file once, those that others include by an odd name too."""
    queue = [path for path in snapshot.entries if reader_of(path) and not _FOREIGN & set(path.split("/"))]
    seen: set[str] = set()
    while queue:
        path = queue.pop()
        entry = snapshot.entries.get(path)
        if path in seen or entry is None or not entry.is_file or entry.size > _MAX_BYTES:
            continue
        seen.add(path)
        text = snapshot.read(path).decode("utf-8", "replace")
        yield path, text
        if path.endswith((".txt", ".in")):
            further = includes(text)
        else:
            further = dynamic_files(text) if path.endswith("pyproject.toml") else []
        queue += [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in further]
