"""A change taken from a local git repository: two names in, a ``Change`` out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.git import GitError, GitMissingError, git
from app.git_snapshot import GitSnapshot, Objects
from gates.change import MAX_DIFF_BYTES, Change, EntryKind, FileChange, Status, is_binary
from gates.diff import DiffError, Hunk, parse_hunks, split_lines
from gates.nearest import did_you_mean

_STATUS = {"A": Status.ADDED, "D": Status.DELETED, "R": Status.RENAMED}
# Above this many candidate pairs git looks for exact renames only (diff.renameLimit).
_RENAME_LIMIT = "2000"
_MOST_NAMES = 8
_OBJECT_ID = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LFS = b"version https://git-lfs.github.com/spec/v1"
_LFS_POINTER_BYTES = 1024


class SourceError(ValueError):
    """The change cannot be taken from the repository; the message says what is wrong and what to do."""


class NothingToJudgeError(SourceError):
    """Base and head are equal where the review looks."""


@dataclass(frozen=True)
class LocalChange:
    """A change with the commits it came from.

    The change's base is the merge base, as on a pull request; ``policy_base`` is the snapshot of the base branch's
    tip, whose rules hold now, so that branching off early does not choose older rules.
    """

    change: Change
    base_commit: str
    head_commit: str
    merge_base: str
    policy_base: GitSnapshot
    notes: tuple[str, ...]


@contextmanager
def open_change(repo: Path, base: str, head: str, directory: str = "") -> Iterator[LocalChange]:
    """Open the change that *head* makes since it left *base*. Raises ``SourceError``.

    The snapshots read from the repository until the context ends; nothing of it is changed. With a *directory* (a
    path in the repository, with ``/``) the change is what happened below it, its paths relative to it; the policy's
    snapshot stays the whole one.
    """
    check_repository(repo)
    base_commit, head_commit = resolve(repo, base, "--base"), resolve(repo, head, "--head")
    merge_base = find_merge_base(repo, base_commit, head_commit, base, head)
    with Objects(repo) as objects:
        try:
            before, after = (GitSnapshot(objects, commit, directory) for commit in (merge_base, head_commit))
            tip = before if merge_base == base_commit and not directory else GitSnapshot(objects, base_commit)
            if before.id == after.id:
                where = f" below {directory!r}" if directory else ""
                raise NothingToJudgeError(
                    f"{head!r} changes nothing{where} since it left {base!r}: there is nothing to judge. "
                    "Check that the two names are not swapped or equal."
                )
            change = Change(head_commit, before, after, tuple(_files(repo, before, after)))
            yield LocalChange(change, base_commit, head_commit, merge_base, tip, tuple(_notes(change)))
        except (GitError, DiffError) as error:
            raise SourceError(str(error)) from error


def check_repository(repo: Path) -> None:
    """Raise ``SourceError`` unless *repo* is a git repository (a work tree or bare)."""
    if not repo.is_dir():
        raise SourceError(f"{repo} is no directory. Name a git repository with --repo.")
    try:
        git(repo, "rev-parse", "--git-dir")
    except GitMissingError as error:
        raise SourceError(str(error)) from error
    except GitError as error:
        raise SourceError(f"{repo} is no git repository ({error}). Name one with --repo.") from error


def has_commits(repo: Path) -> bool:
    """Whether the repository's HEAD names a commit; that of a new one does not."""
    try:
        return bool(git(repo, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"))
    except GitError:
        return False


def resolve(repo: Path, name: str, option: str) -> str:
    """Return the commit that a branch, tag or other revision names. Raises ``SourceError``."""
    if not name or name.startswith("-") or "\0" in name:
        raise SourceError(f"{option} {name!r} is no name of a commit. Give a branch, a tag or a commit id.")
    try:
        found = git(repo, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()
    except GitError as error:
        raise SourceError(f"{option}: {_no_such_commit(repo, name)}") from error
    if not _OBJECT_ID.fullmatch(found):  # `^main` names everything but a commit, and git says so with a sign
        raise SourceError(f"{option} {name!r} is no name of a single commit. Give a branch, a tag or a commit id.")
    _refuse_two_meanings(repo, name, option)
    return found


def _refuse_two_meanings(repo: Path, name: str, option: str) -> None:
    """Raise ``SourceError`` where a tag goes by a branch's name: git takes the tag, and whoever may push tags chose."""
    full = (f"refs/heads/{name}", f"refs/tags/{name}")
    listed = git(repo, "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", *full)
    rows = (line.split(" ") for line in listed.decode("utf-8", "replace").splitlines())
    commits = {ref: peeled or plain for ref, plain, peeled in rows if ref in full}
    if len(set(commits.values())) > 1:
        raise SourceError(f"{option} {name!r} names both a branch and a tag. Say {full[0]} or {full[1]}.")


def _no_such_commit(repo: Path, name: str) -> str:
    try:
        known = git(repo, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes")
    except GitError:
        known = b""
    names = known.decode("utf-8", "replace").split()
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    hint = f"It has: {', '.join(names[:_MOST_NAMES])}{more}." if names else "It has no branches yet."
    hint += did_you_mean(name, names)
    return f"the repository has no commit called {name!r}. {hint} A branch of a remote needs `git fetch` first."


def find_merge_base(repo: Path, base_commit: str, head_commit: str, base: str, head: str) -> str:
    """Return the commit at which the head left the base. Raises ``SourceError`` where there is none to be seen."""
    try:
        found = git(repo, "merge-base", base_commit, head_commit).decode().split()
    except GitError:
        found = []
    if found:
        return found[0]
    if git(repo, "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise SourceError(
            f"The clone is shallow and does not reach the commit where {head!r} left {base!r}. "
            "Fetch the history: git fetch --unshallow (in a workflow: actions/checkout with fetch-depth: 0)."
        )
    raise SourceError(f"{base!r} and {head!r} share no history, so there is no change between them to judge.")


def _files(repo: Path, before: GitSnapshot, after: GitSnapshot) -> Iterator[FileChange]:
    options = ("-r", "-M", f"-l{_RENAME_LIMIT}", "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short")
    raw = git(repo, "diff-tree", *options, "--raw", "-z", "--no-abbrev", before.id, after.id)
    listed = list(_parse_raw(raw))
    patch = git(repo, "diff-tree", *options, "-p", "-U0", "--text", "--diff-filter=MR", before.id, after.id)
    sections = iter(_sections(patch))
    for letter, old_path, path in listed:
        hunks = parse_hunks(next(sections, b"")) if letter in "MR" else None
        yield _file(before, after, letter, old_path, path, hunks)


def _file(
    before: GitSnapshot, after: GitSnapshot, letter: str, old_path: str, path: str, hunks: tuple[Hunk, ...] | None
) -> FileChange:
    status = _STATUS.get(letter, Status.MODIFIED)
    sides = [(before, old_path)] if status is not Status.ADDED else []
    sides += [(after, path)] if status is not Status.DELETED else []
    old = None if status is Status.ADDED else old_path
    contents = [_text(snapshot, name) for snapshot, name in sides]
    if any(content is None for content in contents):
        return FileChange(path, status, old, compared=False)
    if hunks is None:
        removed = len(split_lines(contents[0] or b"")) if status is not Status.ADDED else 0
        added = len(split_lines(contents[-1] or b"")) if status is not Status.DELETED else 0
        whole = Hunk(1 if removed else 0, removed, 1 if added else 0, added)
        hunks = (whole,) if removed or added else ()
    return FileChange(path, status, old, hunks)


def _text(snapshot: GitSnapshot, path: str) -> bytes | None:
    """Return a file's content, or ``None`` where its lines are not to be compared."""
    entry = snapshot.entries[path]
    if entry.kind is EntryKind.SUBMODULE or entry.size > MAX_DIFF_BYTES:
        return None
    content = snapshot.read(path)
    return None if is_binary(content) else content


def _parse_raw(raw: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield (status letter, old path, path) from `git diff-tree --raw -z`."""
    fields = iter(raw.split(b"\0"))
    for meta in fields:
        if not meta.startswith(b":"):
            continue
        letter = meta.split()[4][:1].decode()
        old = os.fsdecode(next(fields, b""))
        yield letter, old, os.fsdecode(next(fields, b"")) if letter in "RC" else old


def _sections(patch: bytes) -> Iterator[bytes]:
    """Split a patch into its files' parts; with no context, only a header line starts with `diff --git`."""
    parts = (b"\n" + patch).split(b"\ndiff --git ")
    yield from parts[1:]


def _notes(change: Change) -> Iterator[str]:
    head = change.head.entries
    submodules = [f.path for f in change.files if f.path in head and head[f.path].kind is EntryKind.SUBMODULE]
    if submodules:
        yield f"{_some(submodules)}: a submodule's commit changed; what it points to is not judged."
    large = [f.path for f in change.files if f.path in head and head[f.path].size > MAX_DIFF_BYTES]
    if large:
        yield f"{_some(large)}: over {MAX_DIFF_BYTES // 2**20} MiB; lines were not compared."
    binary = [f.path for f in change.present() if not f.compared and f.path not in large]
    if binary:
        yield f"{_some(binary)}: binary; lines were not compared."
    small = [f.path for f in change.present() if head[f.path].size < _LFS_POINTER_BYTES]
    pointers = [path for path, content in change.head.read_many(small) if content.startswith(_LFS)]
    if pointers:
        yield f"{_some(pointers)}: a Git LFS pointer; the content that it stands for was not fetched and not judged."


def _some(paths: list[str]) -> str:
    shown = ", ".join(repr(p) for p in paths[:3])
    return shown if len(paths) <= 3 else f"{shown} and {len(paths) - 3} more"
