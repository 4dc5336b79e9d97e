"""What is judged: a base snapshot, a head snapshot, and the files and lines between them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from gates.diff import Hunk, LineMap, compare

# git looks for a NUL in the first 8,000 bytes to call a file binary (xdiff-interface.c, FIRST_FEW_BYTES).
_BINARY_PROBE = 8_000
# A larger text file is judged as a whole and its lines are not compared.
MAX_DIFF_BYTES = 5 * 1024 * 1024


class EntryKind(StrEnum):
    """What a path of a snapshot is; git's file modes in words."""

    FILE = "file"
    EXECUTABLE = "executable"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a snapshot. ``blob`` identifies the content; ``size`` is in bytes (0 for a submodule)."""

    kind: EntryKind
    blob: str
    size: int

    @property
    def is_file(self) -> bool:
        """Whether there is file content to read (a symlink's target and a submodule's commit are not)."""
        return self.kind in (EntryKind.FILE, EntryKind.EXECUTABLE)


class Snapshot(Protocol):
    """A tree of files that never changes.

    Paths are relative, with ``/``; bytes that are no UTF-8 are kept as surrogates (``os.fsdecode``).
    """

    @property
    def id(self) -> str:
        """A name for the content: equal ids mean equal trees."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Every path with what it is."""

    def read(self, path: str) -> bytes:
        """Return a file's content (a symlink's target). Raises ``KeyError`` for a path that is not there."""

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield ``(path, content)`` for each path, in the order given; faster than one ``read`` each."""


@dataclass(frozen=True)
class MemorySnapshot:
    """A snapshot held in memory: what generated samples and tests are made of."""

    files: Mapping[str, bytes]

    @classmethod
    def of(cls, files: Mapping[str, str | bytes]) -> MemorySnapshot:
        """Build one from text or bytes by path."""
        return cls({p: c.encode() if isinstance(c, str) else c for p, c in files.items()})

    @cached_property
    def id(self) -> str:
        """A hash over every path and content."""
        digest = hashlib.sha256()
        for path, entry in sorted(self.entries.items()):
            digest.update(f"{path}\0{entry.blob}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Every path, as a plain file."""
        return {
            path: Entry(EntryKind.FILE, hashlib.sha256(content).hexdigest(), len(content))
            for path, content in self.files.items()
        }

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        return self.files[path]

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield each path with its content."""
        for path in paths:
            yield path, self.files[path]


class Status(StrEnum):
    """What happened to a file."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"


@dataclass(frozen=True)
class FileChange:
    """One changed file.

    ``path`` is the head's name (the base's for a deleted file); ``old_path`` is the base's, ``None`` for an added
    one. ``hunks`` is empty for a binary, oversized, or only renamed file; ``compared`` is false where lines were
    not compared (binary or above ``MAX_DIFF_BYTES``): every line then counts as changed.
    """

    path: str
    status: Status
    old_path: str | None
    hunks: tuple[Hunk, ...] = ()
    compared: bool = True

    @cached_property
    def added_lines(self) -> frozenset[int]:
        """The head's line numbers that the change wrote."""
        return frozenset(line for hunk in self.hunks for line in hunk.new_lines)

    @cached_property
    def removed_lines(self) -> frozenset[int]:
        """The base's line numbers that the change took away or rewrote."""
        return frozenset(line for hunk in self.hunks for line in hunk.old_lines)

    @cached_property
    def lines(self) -> LineMap:
        """Where the lines of one side stand on the other."""
        return LineMap(self.hunks)

    def touches(self, line: int) -> bool:
        """Whether the change wrote the head's *line*."""
        return not self.compared or line in self.added_lines

    @property
    def is_python(self) -> bool:
        """Whether the file is Python source by its name."""
        return self.path.endswith((".py", ".pyi"))


@dataclass(frozen=True)
class Change:
    """What is judged. A pull request is one; a generated sample is one (base = prompt, head = completed file)."""

    id: str
    base: Snapshot
    head: Snapshot
    files: tuple[FileChange, ...] = field(default=())

    @classmethod
    def between(cls, base: Snapshot, head: Snapshot, change_id: str = "") -> Change:
        """Compare two snapshots path by path (no renames are looked for) and return the change between them."""
        paths = sorted(base.entries.keys() | head.entries.keys())
        changed = [p for p in paths if base.entries.get(p) != head.entries.get(p)]
        return cls(change_id or head.id, base, head, tuple(_compare_path(base, head, p) for p in changed))

    def present(self) -> list[FileChange]:
        """Return the changed files that the head has as readable files, in order."""
        return [
            f
            for f in self.files
            if f.status is not Status.DELETED and (entry := self.head.entries.get(f.path)) and entry.is_file
        ]

    def python_files(self) -> list[FileChange]:
        """Return the changed Python files that the head has."""
        return [f for f in self.present() if f.is_python]


def is_binary(content: bytes) -> bool:
    """Whether git would call this content binary."""
    return b"\0" in content[:_BINARY_PROBE]


def _compare_path(base: Snapshot, head: Snapshot, path: str) -> FileChange:
    before, after = base.entries.get(path), head.entries.get(path)
    status = Status.ADDED if before is None else Status.DELETED if after is None else Status.MODIFIED
    old_path = path if before is not None else None
    if any(e is not None and (e.kind is EntryKind.SUBMODULE or e.size > MAX_DIFF_BYTES) for e in (before, after)):
        return FileChange(path, status, old_path, compared=False)
    old = base.read(path) if before is not None else b""
    new = head.read(path) if after is not None else b""
    if is_binary(old) or is_binary(new):
        return FileChange(path, status, old_path, compared=False)
    return FileChange(path, status, old_path, compare(old, new))
