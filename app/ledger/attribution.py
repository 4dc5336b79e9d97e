"""Whose the lines are that a merge brought: pure functions from what is known of the reviewed commits.

A line of the merge commit is followed back to the reviewed head (by the difference between the two), from there to
the commit that wrote it (as ``git blame`` says), and there to what that commit declares of it. So a squash loses
nothing. A line that no reviewed commit wrote is undeclared.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter
from typing import TypeVar

from app.provenance.commit import Span
from app.provenance.lines import Claim, Contributor
from app.provenance.names import UNKNOWN
from app.provenance.seen import NO_TOOL
from app.provenance.types import Role, Signal, Status, Tier
from gates.diff import Hunk

_T = TypeVar("_T")
_TIERS = tuple(Tier)
_ROLES = tuple(Role)


@dataclass(frozen=True, slots=True)
class Origin:
    """What is declared of a line: its status and, where a tool is named, that tool and its model."""

    status: Status
    harness: str | None = None
    model_family: str | None = None
    model: str | None = None


UNDECLARED = Origin(Status.UNDECLARED)


@dataclass(frozen=True, slots=True)
class LineRow:
    """Lines *first* to *last* of *path*, as the merge commit has it, and whose they are declared."""

    path: str
    first: int
    last: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Blamed:
    """Lines *first* to *last* of the reviewed head: *commit* wrote them, in its *path* from line *start* on."""

    first: int
    last: int
    commit: str
    path: str
    start: int


@dataclass(frozen=True)
class Declared:
    """What one commit declares of the lines it wrote: by record, in order and disjoint, and for all the rest."""

    rest: Origin
    recorded: Mapping[str, Sequence[tuple[int, int, Origin]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Landed:
    """One file of a merge.

    ``added`` are the lines of the merge commit's version that its base did not have; ``moved`` turns the reviewed
    head's version into the merge commit's; ``blamed`` covers the head's version, in order (empty where the head does
    not have the file).
    """

    path: str
    added: Sequence[Span]
    moved: Sequence[Hunk] = ()
    blamed: Sequence[Blamed] = ()


def attribute(files: Iterable[Landed], commits: Mapping[str, Declared]) -> list[LineRow]:
    """Return the lines that a merge brought, in order; neighbours of one origin are one row.

    *commits* holds the reviewed commits by id.
    """
    return [row for file in files for row in _joined(file.path, _pieces(file, commits))]


def _pieces(file: Landed, commits: Mapping[str, Declared]) -> Iterator[tuple[int, int, Origin]]:
    unmoved = list(kept(file.moved))
    blamed = [(one.first, one.last, one) for one in file.blamed]
    for span in file.added:
        for first, last, shift in cut(span, unmoved):
            if shift is None:
                yield first, last, UNDECLARED
                continue
            for low, high, one in cut((first - shift, last - shift), blamed):
                for start, end, origin in _declared((low, high), one, commits):
                    yield start + shift, end + shift, origin


def _declared(span: Span, blamed: Blamed | None, commits: Mapping[str, Declared]) -> Iterator[tuple[int, int, Origin]]:
    """Yield what is declared of the head's lines *span*, which *blamed* traces to one commit."""
    commit = commits.get(blamed.commit) if blamed else None
    if blamed is None or commit is None:
        yield *span, UNDECLARED
        return
    back = blamed.start - blamed.first
    for first, last, origin in cut((span[0] + back, span[1] + back), commit.recorded.get(blamed.path, ())):
        yield first - back, last - back, origin or commit.rest


def kept(hunks: Sequence[Hunk]) -> Iterator[tuple[int, int, int]]:
    """Yield the runs of the new side that the old side has too, each with what to take off for the old number.

    The last one has no end of its own: only the new side knows how many lines it has.
    """
    at, shift = 1, 0
    for hunk in hunks:
        # An empty run stands after the line that it names.
        begin = hunk.new_start if hunk.new_count else hunk.new_start + 1
        if begin > at:
            yield at, begin - 1, shift
        at = begin + hunk.new_count
        shift += hunk.new_count - hunk.old_count
    yield at, max(at, 2**31 - 1), shift


def cut(span: Span, pieces: Sequence[tuple[int, int, _T]]) -> Iterator[tuple[int, int, _T | None]]:
    """Divide *span* by the *pieces* (first, last, value), ordered and disjoint; ``None`` where none of them is."""
    at, end = span
    index = bisect_left(pieces, at, key=itemgetter(1))
    while at <= end:
        if index == len(pieces) or pieces[index][0] > end:
            yield at, end, None
            return
        first, last, value = pieces[index]
        if first > at:
            yield at, first - 1, None
            at = first
        yield at, min(last, end), value
        at = last + 1
        index += 1


def _joined(path: str, pieces: Iterable[tuple[int, int, Origin]]) -> list[LineRow]:
    rows: list[LineRow] = []
    for first, last, origin in pieces:
        if rows and rows[-1].last == first - 1 and rows[-1].origin == origin:
            rows[-1] = LineRow(path, rows[-1].first, last, origin)
        else:
            rows.append(LineRow(path, first, last, origin))
    return rows


def recorded(claims: Iterable[Claim]) -> dict[str, list[tuple[int, int, Origin]]]:
    """Return what records say of a commit's lines, by path, ordered and disjoint.

    Where a tool and a person are both named, the line is mixed; of several tools the first named stands.
    """
    by_path: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.contributor is not Contributor.UNKNOWN:
            by_path[claim.path].append(claim)
    return {path: list(_swept(told)) for path, told in by_path.items()}


def _swept(claims: Sequence[Claim]) -> Iterator[tuple[int, int, Origin]]:
    """Sweep over a file once: at each border the set of open claims changes."""
    borders: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, claim in enumerate(claims):
        for first, last in claim.spans:
            borders[first].append((index, 1))
            borders[last + 1].append((index, -1))
    depth: dict[int, int] = defaultdict(int)
    for at, until in pairwise(sorted(borders)):
        for index, step in borders[at]:
            depth[index] += step
        standing = [claims[index] for index in sorted(depth) if depth[index]]
        if standing:
            yield at, until - 1, _together(standing)


def _together(claims: Sequence[Claim]) -> Origin:
    kinds = {claim.contributor for claim in claims}
    if kinds == {Contributor.HUMAN}:
        return Origin(Status.HUMAN_ATTESTED)
    tool = next(claim for claim in claims if claim.contributor is not Contributor.HUMAN)
    status = Status.AI_DECLARED if kinds == {Contributor.AI} else Status.MIXED
    return Origin(status, _known(tool.harness), _known(tool.family), tool.model)


def origin_of(status: Status, signals: Iterable[Signal]) -> Origin:
    """Return the origin of lines of this status: the tool is that of the signal which says most."""
    if status not in (Status.AI_DECLARED, Status.MIXED):
        return Origin(status)
    tools = [signal for signal in signals if signal.harness != NO_TOOL and signal.role is not Role.REVIEW]
    if not tools:
        return Origin(status)
    best = min(tools, key=_rank)
    return Origin(status, _known(best.harness), _known(best.model_family), best.model)


def _rank(signal: Signal) -> tuple[int, bool, bool, int]:
    unknown = (signal.harness == UNKNOWN, signal.model_family == UNKNOWN)
    return _ROLES.index(signal.role), *unknown, _TIERS.index(signal.tier)


def _known(name: str) -> str | None:
    return None if name in (UNKNOWN, NO_TOOL) else name
