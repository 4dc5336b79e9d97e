"""A snapshot read straight from git: no checkout, so no attribute, filter or hook can change what is judged."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from app.git import GitError, git, git_command, git_environment
from gates.change import Entry, EntryKind

_KINDS = {b"100755": EntryKind.EXECUTABLE, b"120000": EntryKind.SYMLINK, b"160000": EntryKind.SUBMODULE}


class Objects:
    """A repository's objects, read through one `git cat-file --batch`; safe to use from several threads."""

    def __init__(self, repo: Path) -> None:
        self.repo = repo
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Objects:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def blob(self, object_id: str) -> bytes:
        """Return an object's content. Raises ``GitError`` when the repository does not have it."""
        with self._lock:
            process = self._start()
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(object_id.encode() + b"\n")
                process.stdin.flush()
            except BrokenPipeError as error:
                raise GitError(
                    "`git cat-file` ended unexpectedly; the repository may be damaged (git fsck)."
                ) from error
            header = process.stdout.readline().split()
            if len(header) != 3:
                raise GitError(
                    f"The repository does not have the object {object_id}: it is a partial clone or damaged. "
                    "Fetch it whole (git fetch --refetch --no-filter) and try again."
                )
            content = process.stdout.read(int(header[2]))
            process.stdout.read(1)
            return content

    def close(self) -> None:
        """End the helper process."""
        with self._lock:
            if self._process is None:
                return
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                git_command(self.repo, "cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=git_environment(),
            )
        return self._process


class GitSnapshot:
    """The tree of one commit, or of one directory in it. ``id`` is git's tree id: equal trees are equal snapshots.

    A directory that the commit does not have (or has as a file or a link) is an empty snapshot.
    """

    def __init__(self, objects: Objects, commit: str, directory: str = "") -> None:
        self._objects = objects
        self.id = _tree_id(objects.repo, commit, directory)
        self.entries: Mapping[str, Entry] = _read_tree(objects.repo, self.id)

    def read(self, path: str) -> bytes:
        """Return a file's content (a symlink's target). Raises ``KeyError`` for a path that has none."""
        entry = self.entries[path]
        if entry.kind is EntryKind.SUBMODULE:
            raise KeyError(path)
        return self._objects.blob(entry.blob)

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield each path with its content."""
        for path in paths:
            yield path, self.read(path)


def _tree_id(repo: Path, commit: str, directory: str) -> str:
    if not directory:
        return git(repo, "rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()
    try:
        found = git(repo, "rev-parse", "--verify", "--quiet", f"{commit}:{directory}").decode().strip()
        is_tree = git(repo, "cat-file", "-t", found).strip() == b"tree"
    except GitError:
        is_tree = False
    return found if is_tree else git(repo, "hash-object", "-t", "tree", "--stdin").decode().strip()


def _read_tree(repo: Path, tree: str) -> dict[str, Entry]:
    """List a tree; of two entries with one path (a crafted tree) the first counts, as on a checkout."""
    entries: dict[str, Entry] = {}
    for record in git(repo, "ls-tree", "-r", "-z", "-l", "--full-tree", tree).split(b"\0"):
        if record:
            meta, _, path = record.partition(b"\t")
            mode, _, object_id, size = meta.split()
            entries.setdefault(
                os.fsdecode(path),
                Entry(_KINDS.get(mode, EntryKind.FILE), object_id.decode(), int(size) if size != b"-" else 0),
            )
    return entries
