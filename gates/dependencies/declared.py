"""The distributions that a repository declares."""

from __future__ import annotations

import codecs
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
    project_name,
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

    ``files`` are the dependency files; ``complete`` is false where one of them works its list out by code. ``own``
    are the distributions that the repository itself is.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    complete: bool = True
    own: frozenset[str] = frozenset()

    def joined(self, other: Declarations) -> Declarations:
        """Return what either declares; of a name that both do, *other*'s file."""
        return Declarations(
            {**self.names, **other.names},
            tuple(dict.fromkeys((*self.files, *other.files))),
            self.complete and other.complete,
            self.own | other.own,
        )


def declarations(snapshot: Snapshot) -> Declarations:
    """Read every dependency file of a snapshot, and what those include; nothing is run."""
    names: dict[str, str] = {}
    files: list[str] = []
    complete = True
    own: set[str] = set()
    for path, text in _dependency_files(snapshot):
        files.append(path)
        complete = complete and (not is_dynamic(path, text) or bool(dynamic_files(path, text)))
        if (project := project_name(path, text)) is not None:
            own.add(normalised(project))
        found = names_in(path, text)
        for name in found if found is not None else _plain_names(text):
            names.setdefault(normalised(name), path)
    return Declarations(names, tuple(files), complete, frozenset(own))


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
        text = _decoded(snapshot.read(path))
        yield path, text
        further = includes(text) if path.endswith((".txt", ".in")) else dynamic_files(path, text)
        queue += [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in further]


def _decoded(content: bytes) -> str:
    """Return a file's text; as pip does, one with a byte order mark in what the mark says."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if marked else "utf-8-sig", "replace")
