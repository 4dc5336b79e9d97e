"""Which lines a commit added, by whom, where a note or a trace says so; and the counts by status."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter

from app.provenance.commit import Added, Span
from app.provenance.names import UNKNOWN
from app.provenance.types import Status


class Contributor(StrEnum):
    """Who wrote lines, in the words of Agent Trace v0.1.0."""

    HUMAN = "human"
    AI = "ai"
    MIXED = "mixed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Claim:
    """A record's word on who wrote some lines of one file, in the commit's version of it.

    ``source`` is the id of the row under which the claim is listed.
    """

    source: str
    contributor: Contributor
    path: str
    spans: tuple[Span, ...]
    harness: str = UNKNOWN
    family: str = UNKNOWN
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """The added lines of one commit by what its records say: AI's, people's, both's, and nobody's word."""

    ai: int = 0
    human: int = 0
    mixed: int = 0
    rest: int = 0


_CONTRIBUTORS = (Contributor.AI, Contributor.HUMAN, Contributor.MIXED)


def split_added(claims: Iterable[Claim], added: Added) -> Split:
    """Divide the added lines by the claims on them. Where two claims disagree on a line, it is mixed."""
    by_path: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_path[claim.path].append(claim)
    parts = [_split_file(by_path.get(path, ()), spans) for path, spans in (added.spans or {}).items()]
    ai, human, mixed = (sum(part[index] for part in parts) for index in range(3))
    return Split(ai, human, mixed, max(added.total - ai - human - mixed, 0))


def _split_file(claims: Iterable[Claim], added: Iterable[Span]) -> tuple[int, int, int]:
    """Sweep over the file once: at each border the set of open claims changes."""
    borders: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for who, spans in [(0, added), *((1 + _place(claim), claim.spans) for claim in claims)]:
        for first, last in spans:
            borders[first].append((who, 1))
            borders[last + 1].append((who, -1))
    depth = [0] * (2 + len(_CONTRIBUTORS))
    counts = [0, 0, 0]
    before = 0
    for at in sorted(borders):
        if depth[0]:
            ai, human, mixed = (depth[1 + index] > 0 for index in range(3))
            if ai or human or mixed:
                counts[2 if mixed or (ai and human) else 0 if ai else 1] += at - before
        for who, step in borders[at]:
            depth[who] += step
        before = at
    return counts[0], counts[1], counts[2]


def _place(claim: Claim) -> int:
    return _CONTRIBUTORS.index(claim.contributor) if claim.contributor in _CONTRIBUTORS else len(_CONTRIBUTORS)


def touches(claim: Claim, added: Added | None) -> bool:
    """Whether the claim is about at least one line that the commit added; true where those are not known."""
    if added is None or added.spans is None:
        return True
    spans = added.spans.get(claim.path, ())
    return any(_meets(span, spans) for span in claim.spans)


def _meets(span: Span, ordered: Sequence[Span]) -> bool:
    """Whether *span* shares a line with one of the *ordered*, disjoint spans."""
    at = bisect_left(ordered, span[0], key=itemgetter(1))
    return at < len(ordered) and ordered[at][0] <= span[1]


def count_lines(whole: Status, added: Added | None, split: Split | None = None) -> dict[str, int]:
    """Return the added lines of one commit by status, without zeros.

    Lines that no record speaks of have the status *whole*. Empty where the lines were not counted.
    """
    if added is None:
        return {}
    split = split or Split(rest=added.total)
    counts = dict.fromkeys(Status, 0)
    counts[Status.AI_DECLARED] += split.ai
    counts[Status.HUMAN_ATTESTED] += split.human
    counts[Status.MIXED] += split.mixed
    counts[whole] += split.rest
    return {status.value: number for status, number in counts.items() if number}


def add_lines(parts: Iterable[Mapping[str, int]], *, covered: bool) -> dict[str, int]:
    """Return the sum of counts by status; *covered* by a declaration of the whole, nothing stays undeclared."""
    total = {status.value: 0 for status in Status}
    for part in parts:
        for status, number in part.items():
            total[Status.AI_DECLARED.value if covered and status == Status.UNDECLARED else status] += number
    return {status: number for status, number in total.items() if number}
