"""Snapshots written to disk, once each, for the tools that need real files."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from gates.change import Entry, EntryKind, Snapshot

# Names that git itself refuses in a tree (verify_path in read-cache.c), beside "", "." and "..".
_GIT_DIRECTORY = {".git", "git~1"}


class UnsafePathError(ValueError):
    """A path in a tree that must not be written to a disk; the message names it."""


def check_path(path: str) -> None:
    """Raise ``UnsafePathError`` for a path that could leave its directory or become part of a ``.git``."""
    parts = path.split("/")
    if "\0" in path or path.startswith("/") or any(p in ("", ".", "..") for p in parts):
        raise UnsafePathError(f"The tree holds the path {path!r}, which leaves its own directory.")
    # HFS+ ignores some code points and Windows trailing dots and spaces; git refuses those spellings too.
    if any(p.rstrip(". ").lower().replace("\u200c", "").replace("\u200d", "") in _GIT_DIRECTORY for p in parts):
        raise UnsafePathError(f"The tree holds the path {path!r}, which would become part of a git directory.")


def write_tree(snapshot: Snapshot, directory: Path, paths: Iterable[str] | None = None) -> list[str]:
    """Write a snapshot's files under *directory* (which must be empty) and return the paths left out.

    Left out are paths that are unsafe and submodules. Symlinks are made last, so that nothing is ever written
    through one; what they point to is the sandbox's matter.
    """
    entries = snapshot.entries
    wanted = [p for p in (entries if paths is None else paths) if p in entries]
    left_out, links = [], []
    files: list[str] = []
    for path in wanted:
        try:
            check_path(path)
        except UnsafePathError:
            left_out.append(path)
            continue
        kind = entries[path].kind
        if kind is EntryKind.SUBMODULE:
            left_out.append(path)
        elif kind is EntryKind.SYMLINK:
            links.append(path)
        else:
            files.append(path)
    _write_files(snapshot, directory, files, entries)
    for path, content in snapshot.read_many(links):
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if b"\0" in content or not content or target.is_symlink() or target.exists():
            left_out.append(path)
            continue
        target.symlink_to(content.decode("utf-8", "surrogateescape"))
    return left_out


def _write_files(snapshot: Snapshot, directory: Path, paths: list[str], entries: Mapping[str, Entry]) -> None:
    made: set[PurePosixPath] = set()
    for path, content in snapshot.read_many(paths):
        parent = PurePosixPath(path).parent
        if parent not in made:
            (directory / parent).mkdir(parents=True, exist_ok=True)
            made.add(parent)
        target = directory / path
        target.write_bytes(content)
        target.chmod(0o755 if entries[path].kind is EntryKind.EXECUTABLE else 0o644)


class Workspace:
    """A temporary directory that holds each snapshot at most once; use as a context manager."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="exogate-", dir=root))
        self._trees: dict[str, Path] = {}
        self._lock = threading.Lock()
        self._count = 0

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tree(self, snapshot: Snapshot) -> Path:
        """Return a directory that holds *snapshot*; nobody writes to it."""
        with self._lock:
            path = self._trees.get(snapshot.id)
            if path is None:
                path = self._new_directory("tree")
                write_tree(snapshot, path)
                self._trees[snapshot.id] = path
            return path

    def directory(self) -> Path:
        """Return a new empty directory, removed with the workspace."""
        with self._lock:
            return self._new_directory("dir")

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._root, ignore_errors=True)

    def _new_directory(self, kind: str) -> Path:
        self._count += 1
        path = self._root / f"{kind}{self._count}"
        path.mkdir()
        return path
