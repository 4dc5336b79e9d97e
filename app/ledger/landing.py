"""The I/O edge of attribution: how a pull request went in, and which lines it brought, out of a git repository."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.git import GitError, git
from app.git_snapshot import Objects
from app.ledger.attribution import Blamed, Declared, Landed, LineRow, attribute, kept, origin_of
from app.ledger.contents import FileRow, count_lines, within
from app.ledger.declared import declared_lines
from app.ledger.words import Method
from app.provenance.commit import Commit, PullText
from app.provenance.detector import ChangeProvenance, detect_change
from app.provenance.read import History, read_history
from gates.diff import Hunk, parse_hunks

_DIFF = ("diff-tree", "-r", "-M", "--no-ext-diff", "--no-textconv")
_FILE_MODES = (b"100644", b"100755")
_INDEX = re.compile(rb"^index ([0-9a-f]+)\.\.([0-9a-f]+)", re.MULTILINE)
_SECTION = re.compile(rb"^diff --git ", re.MULTILINE)
_BLAMED = re.compile(rb"([0-9a-f]{40,64}) (\d+) (\d+) (\d+)")


@dataclass(frozen=True)
class Landing:
    """How a pull request went in: the method, what it declares as a whole, its lines, and remarks in sentences.

    ``files`` are the contents that it left files with.
    """

    method: Method
    provenance: ChangeProvenance
    lines: tuple[LineRow, ...]
    remarks: tuple[str, ...] = ()
    files: tuple[FileRow, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a difference between two trees, with git's ids of both contents; ``old`` is empty for a new file."""

    old_path: str
    path: str
    hunks: tuple[Hunk, ...]
    old: str = ""
    new: str = ""


def landed_on(repo: Path, base: str, head: str, merge: str) -> str:
    """Return the commit that *merge* was put on: in a partial clone its contents are to be fetched, too.

    Reads no file's content. Raises ``GitError``.
    """
    return _history(repo, base, head, merge).onto


def read_landing(
    repo: Path, base: str, head: str, merge: str, pull: PullText | None = None, *, accepted_signoffs: bool = False
) -> Landing:
    """Read the merge of *head*, which was based on *base*, as *merge* (its merge commit, squash, or last rebased one).

    The repository may be bare. It needs the contents of *base*, *head*, *merge*, of what ``landed_on`` says and of
    the commits between base and head: where one in between is missing, the lines of that file have what the change
    declares as a whole; otherwise there are no lines. A remark says so. Raises ``GitError`` where a commit is missing.
    """
    found = _history(repo, base, head, merge)
    change = detect_change(found.history.commits, pull, found.history.evidence, accepted_signoffs=accepted_signoffs)
    commits = declared_lines(change, found.history.evidence)
    remarks: list[str] = list(change.remarks)
    try:
        changed = list(_difference(repo, found.onto, merge))
        files = list(_landed(repo, changed, merge, found.selection, change, commits, remarks))
        contents = tuple(_contents(repo, changed))
    except GitError as error:
        remarks.append(f"The lines that the merge brought could not be read: {error}.")
        files, contents = [], ()
    return Landing(found.method, change, tuple(attribute(files, commits)), tuple(remarks), contents)


@dataclass(frozen=True)
class _History:
    """The reviewed commits as git selects them, and how they went in."""

    selection: tuple[str, ...]
    history: History
    method: Method
    onto: str


def _history(repo: Path, base: str, head: str, merge: str) -> _History:
    ((parents, _),) = _chain(repo, merge, 1)
    fast_forward = merge == head
    outside = [base] if fast_forward or not parents else [base, parents[0]]
    selection = (head, *(f"^{commit}" for commit in outside))
    history = read_history(repo, *selection)
    method, onto = (Method.REBASE, base) if fast_forward else _method(repo, merge, parents, history.commits)
    return _History(selection, history, method, onto)


def _method(repo: Path, merge: str, parents: Sequence[str], reviewed: Sequence[Commit]) -> tuple[Method, str]:
    """Return how *merge* came to be and the commit that it was put on.

    A rebase keeps each commit's author, author's date and message; a squash has one commit for all of them.
    """
    if len(parents) > 1:
        return Method.MERGE, parents[0]
    theirs = [_told(commit) for commit in reviewed if not commit.is_merge]
    landed = _chain(repo, merge, max(1, len(theirs)))
    onto = landed[-1][0]
    if theirs and onto and theirs == [told for _, told in landed]:
        return Method.REBASE, onto[0]
    return Method.SQUASH, parents[0] if parents else merge


_Told = tuple[str, int, str]


def _told(commit: Commit) -> _Told:
    return commit.author_email, int(commit.author_date.timestamp()), commit.message.strip()


def _chain(repo: Path, tip: str, count: int) -> list[tuple[list[str], _Told]]:
    """Return the newest *count* commits up to *tip* by first parents: each one's parents, and what a rebase keeps."""
    plain = ("--no-mailmap", "--no-notes", "--no-show-signature", "--encoding=UTF-8", "--first-parent")
    shape = "--format=tformat:%P%x00%ae%x00%at%x00%B"
    output = git(repo, "log", "-z", *plain, f"--max-count={count}", shape, "--end-of-options", tip, "--")
    parts = output.decode("utf-8", "replace").split("\0")
    commits = (parts[at : at + 4] for at in range(0, len(parts) - 4, 4))
    return [(above.split(), (email, int(when), text.strip())) for above, email, when, text in commits]


def _landed(
    repo: Path,
    changed: Sequence[_File],
    merge: str,
    selection: Sequence[str],
    change: ChangeProvenance,
    commits: dict[str, Declared],
    remarks: list[str],
) -> Iterator[Landed]:
    head = selection[0]
    moved = {file.path: file for file in _difference(repo, head, merge)}
    for file in changed:
        added = tuple((h.new_start, h.new_start + h.new_count - 1) for h in file.hunks if h.new_count)
        if not added:
            continue
        since = moved.get(file.path, _File(file.path, file.path, ()))
        try:
            blamed = tuple(_blame(repo, since.old_path, selection)) if since.old_path else ()
        except GitError as error:
            remarks.append(
                f"The lines of {file.path!r} could not be traced ({error}), so they have the whole's status."
            )
            yield _as_the_whole(file.path, added, change, commits)
            continue
        yield Landed(file.path, added, since.hunks, blamed)


def _contents(repo: Path, changed: Sequence[_File]) -> Iterator[FileRow]:
    """Yield the contents that files were left with, those that are another path's unchanged left out."""
    with Objects(repo) as objects:
        for file in changed:
            if file.new != file.old:
                lines = count_lines(objects.blob(file.new))
                runs = within(list(kept(file.hunks)), lines) if file.old else ()
                yield FileRow(file.path, file.new, lines, file.old or None, runs)


def _as_the_whole(
    path: str, added: tuple[tuple[int, int], ...], change: ChangeProvenance, commits: dict[str, Declared]
) -> Landed:
    """Return a file whose lines all have what the change declares as a whole."""
    key = f"whole:{path}"
    commits[key] = Declared(origin_of(change.sum.status, change.sum.signals))
    return Landed(path, added, (), [Blamed(1, 2**31 - 1, key, path, 1)])


def _difference(repo: Path, old: str, new: str) -> Iterator[_File]:
    """Yield the text files of *new* that differ from *old*; a file that *old* has not got has no ``old_path``.

    Paths come from the raw records, whose form no name can break; hunks are found by the ids of the two contents.
    """
    patch = git(repo, *_DIFF, "--text", "-p", "-U0", "--full-index", "--no-color", old, new)
    hunks: dict[tuple[bytes, bytes], tuple[Hunk, ...] | None] = {}
    for section in _SECTION.split(patch)[1:]:
        index = _INDEX.search(section)
        if index is not None:
            hunks[(index[1], index[2])] = None if b"\0" in section else parse_hunks(section)
    fields = iter(git(repo, *_DIFF, "--raw", "-z", "--no-abbrev", old, new).split(b"\0"))
    for record in fields:
        if not record:
            continue
        _, mode, before, after, kind = record.split()
        first = next(fields)
        path = next(fields) if kind[:1] in (b"R", b"C") else first
        told = hunks.get((before, after), ())
        if mode in _FILE_MODES and told is not None:
            old_path, old = ("", "") if kind == b"A" else (os.fsdecode(first), before.decode())
            yield _File(old_path, os.fsdecode(path), told, old, after.decode())


def _blame(repo: Path, path: str, selection: Sequence[str]) -> list[Blamed]:
    """Return which commit wrote which lines of the head's *path*, in order."""
    # The empty name takes back those files of commits to be passed over that the repository's configuration names.
    output = git(repo, "blame", "--incremental", "--ignore-revs-file=", *selection, "--", path)
    found: list[Blamed] = []
    entry: tuple[bytes, ...] | None = None
    for line in output.split(b"\n"):
        match = _BLAMED.fullmatch(line)
        if match is not None:
            entry = match.groups()
        elif entry is not None and line.startswith(b"filename "):
            commit, start, first, count = entry[0].decode(), *map(int, entry[1:])
            found.append(Blamed(first, first + count - 1, commit, _path(line.removeprefix(b"filename ")), start))
            entry = None
    return sorted(found, key=lambda one: one.first)


_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_LETTERS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def _path(raw: bytes) -> str:
    """Return a path that git wrote, without the quotes it puts around odd ones."""
    if len(raw) > 1 and raw[:1] == raw[-1:] == b'"':
        raw = _ESCAPE.sub(
            lambda m: bytes([int(m[1], 8) & 255]) if len(m[1]) == 3 else _LETTERS.get(m[1], m[1]), raw[1:-1]
        )
    return os.fsdecode(raw)
