"""Snapshots written to disk, once each, for the tools that need real files."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from gates.change import Entry, EntryKind, Snapshot

# Names that git itself refuses in a tree (verify_path in read-cache.c), beside "", "." and "..".
_GIT_DIRECTORY = {".git", "git~1"}
# NAME_MAX and, with room for the workspace's own path, PATH_MAX of Linux. The number of directories is bounded since
# much of the standard library (pathlib's mkdir, shutil's rmtree and copytree) recurses over them.
_MOST_NAME_BYTES, _MOST_PATH_BYTES, _MOST_DIRECTORIES = 255, 3_000, 200


class UnsafePathError(ValueError):
    """A path in a tree that must not be written to a disk; the message names it."""


def check_path(path: str) -> None:
    """Raise ``UnsafePathError`` for a path that leaves its directory, becomes part of a ``.git``, or is too long."""
    parts = path.split("/")
    if "\0" in path or path.startswith("/") or any(p in ("", ".", "..") for p in parts):
        raise UnsafePathError(f"The tree holds the path {path!r}, which leaves its own directory.")
    sizes = [len(os.fsencode(p)) for p in parts]
    if max(sizes) > _MOST_NAME_BYTES or sum(sizes) + len(parts) > _MOST_PATH_BYTES or len(parts) > _MOST_DIRECTORIES:
        raise UnsafePathError(f"The tree holds the path {path[:80]!r}..., which is longer or deeper than a disk takes.")
    # HFS+ ignores some code points and Windows trailing dots and spaces; git refuses those spellings too.
    if any(p.rstrip(". ").lower().replace("\u200c", "").replace("\u200d", "") in _GIT_DIRECTORY for p in parts):
        raise UnsafePathError(f"The tree holds the path {path!r}, which would become part of a git directory.")


def write_tree(snapshot: Snapshot, directory: Path) -> list[str]:
    """Write a snapshot's files under *directory* (which must be empty) and return the paths left out.

    Left out are paths that are unsafe or too long, submodules, and what stands where a directory must be: a
    crafted tree can hold `a` as a symlink and `a/b` as well. All directories are made first and all symlinks last,
    so that nothing is ever made through one; what they point to is the sandbox's matter.
    """
    entries = snapshot.entries
    left_out = [path for path, entry in entries.items() if not _can_be_written(path, entry)]
    kept = sorted(entries.keys() - set(left_out))
    for parent in {PurePosixPath(path).parent for path in kept}:
        (directory / parent).mkdir(parents=True, exist_ok=True)
    links = [p for p in kept if entries[p].kind is EntryKind.SYMLINK]
    files = [p for p in kept if entries[p].kind is not EntryKind.SYMLINK]
    return [*left_out, *_write_files(snapshot, directory, files, entries), *_make_links(snapshot, directory, links)]


def _can_be_written(path: str, entry: Entry) -> bool:
    try:
        check_path(path)
    except UnsafePathError:
        return False
    return entry.kind is not EntryKind.SUBMODULE


def _write_files(snapshot: Snapshot, directory: Path, paths: list[str], entries: Mapping[str, Entry]) -> list[str]:
    """Write the files, and return those in whose place a directory stands."""
    left_out = []
    for path, content in snapshot.read_many(paths):
        target = directory / path
        if target.is_dir():
            left_out.append(path)
            continue
        target.write_bytes(content)
        target.chmod(0o755 if entries[path].kind is EntryKind.EXECUTABLE else 0o644)
    return left_out


def _make_links(snapshot: Snapshot, directory: Path, paths: list[str]) -> list[str]:
    """Make the symlinks, and return those that no file system takes or whose place is taken."""
    left_out = []
    for path, content in snapshot.read_many(paths):
        target = directory / path
        if b"\0" in content or not content or target.is_symlink() or target.exists():
            left_out.append(path)
            continue
        target.symlink_to(content.decode("utf-8", "surrogateescape"))
    return left_out


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
