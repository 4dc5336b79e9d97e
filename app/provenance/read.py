"""The I/O edge: commits, added lines, notes and traces out of a git repository, in a constant number of processes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from app.git import GitError, git
from app.provenance import agent_trace, git_ai
from app.provenance.agent_trace import Traces, parse_traces
from app.provenance.commit import Added, Commit
from app.provenance.detector import Evidence
from app.provenance.patch import added_spans
from app.provenance.records import traces_by_commit

_FIELDS = ("%H", "%P", "%an", "%ae", "%ad", "%cn", "%ce", "%cd", "%B")
_PLAIN_DIFF = ("diff-tree", "--stdin", "-r", "--root", "--no-renames", "--no-ext-diff", "--no-textconv")
_SIDE_REFS = ("refs/notes", "refs/ai", "refs/entire")
# A record larger than this is no record of lines; reading it would only cost memory.
LARGEST_RECORD = 16 * 1024 * 1024
_NO_COMMITS = "There is no commit in this range, so nothing was read. Are its two ends swapped or equal?"
_BLANK_LINES = re.compile(r"\A(?:[ \t\r]*\n)+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class History:
    """The commits of a range, newest first, with the evidence on them."""

    commits: tuple[Commit, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)


def read_history(repo: Path, *revisions: str) -> History:
    """Read the commits that ``git log`` selects by *revisions* (default ``HEAD``).

    The repository may be bare and is not changed. Traces are those of the newest commit. Raises ``GitError``.
    """
    commits = _commits(git(repo, *_log_command(), "--end-of-options", *(revisions or ("HEAD",)), "--"))
    if not commits:
        return History((), Evidence(remarks=(_NO_COMMITS,)))
    added, remarks = _counts(repo, [commit.sha for commit in commits])
    refs, notes_ref, unread = _side_refs(repo, {commit.sha for commit in commits})
    notes, traces, absent = _records(repo, commits[0].sha, notes_ref)
    belonging, _ = traces_by_commit(traces.records, commits, added)
    detailed = [sha for sha in added if sha in notes or sha in belonging]
    for sha, spans in _spans(repo, detailed).items():
        added[sha] = Added(added[sha].files, spans)
    return History(commits, Evidence(notes, traces, added, refs, (*remarks, *unread, *absent)))


def _log_command() -> tuple[str, ...]:
    shape = "%x00".join(_FIELDS)
    quiet = ("--no-mailmap", "--no-color", "--no-decorate", "--no-notes", "--no-patch", "--encoding=UTF-8")
    return ("log", "-z", *quiet, "--date=raw", f"--format=tformat:{shape}")


def _commits(output: bytes) -> tuple[Commit, ...]:
    """Read git's records: as no field can hold a NUL, every ninth one ends a commit."""
    parts = output.decode("utf-8", "replace").split("\0")
    width = len(_FIELDS)
    return tuple(_commit(parts[at : at + width]) for at in range(0, len(parts) - width + 1, width))


def _commit(parts: Sequence[str]) -> Commit:
    sha, parents, author, author_email, authored, committer, committer_email, committed, message = parts
    return Commit(
        sha=sha,
        parents=tuple(parents.split()),
        author_name=author,
        author_email=author_email,
        author_date=parse_date(authored),
        committer_name=committer,
        committer_email=committer_email,
        committer_date=parse_date(committed),
        # git itself skips empty lines before the title; with them, trailers would pass for a second paragraph.
        message=_BLANK_LINES.sub("", message),
    )


def parse_date(raw: str) -> datetime:
    """Read git's raw date (seconds and offset). What no calendar holds becomes the start of 1970, in UTC."""
    seconds, _, offset = raw.strip().partition(" ")
    try:
        moment = _EPOCH + timedelta(seconds=int(seconds))
    except (ValueError, OverflowError):
        return _EPOCH
    try:
        minutes = int(offset[-2:]) + 60 * int(offset[-4:-2])
        return moment.astimezone(timezone(timedelta(minutes=-minutes if offset.startswith("-") else minutes)))
    except (ValueError, OverflowError):
        return moment


def _counts(repo: Path, shas: Sequence[str]) -> tuple[dict[str, Added], list[str]]:
    """Count the added lines of each commit. A clone without all contents has no counts, and a remark instead."""
    try:
        output = git(repo, *_PLAIN_DIFF, "--numstat", "-z", stdin=_lines(shas))
    except GitError as error:
        return {}, [f"The added lines could not be counted: {error}"]
    counts: dict[str, dict[str, int]] = {sha: {} for sha in shas}
    files: dict[str, int] = {}
    for part in output.decode("utf-8", "replace").split("\0"):
        added, tab, rest = part.partition("\t")
        if not tab:
            files = counts.setdefault(part, {})
        elif added.isdigit():
            files[rest.partition("\t")[2]] = int(added)
    return {sha: Added(counts[sha]) for sha in shas}, []


def _spans(repo: Path, shas: Sequence[str]) -> dict[str, dict[str, tuple[tuple[int, int], ...]]]:
    if not shas:
        return {}
    prefixes = ("--src-prefix=a/", "--dst-prefix=b/", "--no-color")
    output = git(repo, *_PLAIN_DIFF, "-p", "-U0", "--full-index", *prefixes, stdin=_lines(shas))
    found = added_spans(output)
    return {sha: found.get(sha, {}) for sha in shas}


def _side_refs(repo: Path, shas: Collection[str]) -> tuple[dict[str, tuple[str, ...]], dict[str, str], list[str]]:
    """Return, by commit, the references that tools left for it and the blob of its git-ai note; and remarks.

    A fetched note speaks where there is no local one.
    """
    names = git(repo, "for-each-ref", "--format=%(refname)", *_SIDE_REFS).decode("utf-8", "replace").split("\n")
    refs: dict[str, tuple[str, ...]] = {}
    blobs: dict[str, str] = {}
    remarks: list[str] = []
    for name in filter(None, names):
        of_git_ai = name == git_ai.NOTES_REF or name.startswith(git_ai.FETCHED_REFS)
        if of_git_ai or name in _OTHER_NOTES:
            try:
                noted = dict(_noted(repo, name, shas))
            except GitError as error:
                remarks.append(f"The notes of {name} could not be read: {error}.")
                continue
            if of_git_ai:
                # git lists references by name, so the local notes come first.
                blobs = {**noted, **blobs}
                continue
            for sha in noted:
                refs[sha] = (*refs.get(sha, ()), name)
        elif not name.startswith("refs/notes/"):
            joined = name.replace("/", "")
            for sha in (sha for sha in _ids_in(joined) if sha in shas):
                refs[sha] = (*refs.get(sha, ()), name)
    return refs, blobs, remarks


_OTHER_NOTES = ("refs/notes/exceeds-ink", "refs/notes/claude-conversations")
NOTES_REFS = (git_ai.NOTES_REF, *_OTHER_NOTES)
"""The notes that are read, for whoever makes a clone: an ordinary one leaves them out."""


def note_contents(repo: Path, shas: Collection[str]) -> set[str]:
    """Return the ids of the notes' contents that ``read_history`` reads for these commits. Raises ``GitError``.

    Reads no content: in a partial clone they need not be there.
    """
    _, blobs, _ = _side_refs(repo, shas)
    return set(blobs.values())


def _ids_in(joined: str) -> Iterator[str]:
    """Yield what a reference's name may end with: a commit id of either hash."""
    yield joined[-40:]
    yield joined[-64:]


def _noted(repo: Path, ref: str, shas: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (commit, blob) of a notes reference, for the commits of the range."""
    for line in git(repo, "notes", f"--ref={ref}", "list").decode("ascii", "replace").split("\n"):
        blob, _, sha = line.partition(" ")
        if sha in shas:
            yield sha, blob


def _records(repo: Path, head: str, notes: dict[str, str]) -> tuple[dict[str, bytes], Traces, list[str]]:
    """Read the notes' blobs and the head's traces; remarks say what is not there or too large to be either."""
    wanted = {blob: f"The git-ai note of {sha[:12]}" for sha, blob in notes.items()}
    trace = f"{head}:{agent_trace.TRACES_PATH}"
    wanted[trace] = agent_trace.TRACES_PATH
    sizes = _sizes(git(repo, "cat-file", "--batch-check", stdin=_lines(wanted)), wanted)
    small = [name for name, size in sizes.items() if size <= LARGEST_RECORD]
    missing = wanted.keys() - sizes.keys() - {trace}
    absent = [f"{wanted[name]} is missing from this clone." for name in wanted if name in missing]
    absent += [f"{wanted[name]} is too large to be read." for name, size in sizes.items() if size > LARGEST_RECORD]
    blobs = _blobs(git(repo, "cat-file", "--batch", stdin=_lines(small)), small) if small else {}
    found = {sha: blobs[blob] for sha, blob in notes.items() if blob in blobs}
    return found, parse_traces(blobs.get(trace, b"")), absent


def _sizes(output: bytes, names: Iterable[str]) -> dict[str, int]:
    """Return the sizes of those *names* that are blobs, from ``cat-file --batch-check``."""
    rows = (line.split() for line in output.decode("utf-8", "replace").split("\n"))
    return {name: int(row[2]) for name, row in zip(names, rows, strict=False) if len(row) == 3 and row[1] == "blob"}


def _blobs(output: bytes, names: Sequence[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    at = 0
    for name in names:
        end = output.index(b"\n", at)
        size = int(output[at:end].rpartition(b" ")[2])
        found[name] = output[end + 1 : end + 1 + size]
        at = end + 2 + size
    return found


def _lines(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()
