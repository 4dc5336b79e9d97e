"""One repository in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.dashboard.queries import said
from app.dashboard.queries.names import Repository
from app.dashboard.queries.pulls import awaits_a_look
from app.dashboard.queries.scope import month
from app.exposure import MergedLines
from app.ledger.models import Merge, MergeLine, Review, Verdict
from app.ledger.words import Reviewers
from app.provenance.types import Status

FROM_AI = (Status.AI_DECLARED.value, Status.MIXED.value)


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of pull requests of one month (``2026-08``) and one status of provenance."""

    month: str
    status: str
    pulls: int


@dataclass(frozen=True, slots=True)
class GateRecord:
    """How often a gate came to each outcome."""

    gate: str
    accept: int = 0
    reject: int = 0
    error: int = 0
    skip: int = 0

    @property
    def judged(self) -> int:
        """How many changes it was asked about that it applies to."""
        return self.accept + self.reject + self.error

    @property
    def rate(self) -> float | None:
        """The share of those that it accepted; an error is none. ``None`` where it never applied."""
        return self.accept / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Merged:
    """The merges of changes that AI declared (in whole or part), by whose approvals they had."""

    independent: int = 0
    self: int = 0
    none: int = 0

    @property
    def all(self) -> int:
        """Their number."""
        return self.independent + self.self + self.none

    @property
    def self_rate(self) -> float | None:
        """The share that only their own kind approved."""
        return self.self / self.all if self.all else None


def newest_of_pull() -> ColumnElement[bool]:
    """Return the condition that a review is the last one of its pull request."""
    later = aliased(Review)
    return ~exists().where(
        later.repository_id == Review.repository_id, later.number == Review.number, later.id > Review.id
    )


def provenance(session: Session, repository: Repository, since: datetime) -> list[Counted]:
    """Return the pull requests whose last review is not older than *since*, by its month and their provenance."""
    newest = (
        select(func.max(Review.id))
        .where(Review.repository_id.in_(repository.ids), Review.number.is_not(None))
        .group_by(Review.repository_id, Review.number)
    )
    of = (
        select(month(Review.recorded).label("month"), said.status(Review).label("status"))
        .where(Review.id.in_(newest), Review.recorded >= since)
        .subquery()
    )
    rows = select(of.c.month, of.c.status, func.count()).group_by(of.c.month, of.c.status).order_by(of.c.month)
    return [Counted(*row) for row in session.execute(rows)]


def gates(session: Session, repository: Repository, since: datetime) -> list[GateRecord]:
    """Return how each gate judged since *since*, those with most rejections first."""
    rows = (
        select(Verdict.gate, Verdict.outcome, func.count())
        .where(Verdict.repository_id.in_(repository.ids), Verdict.recorded >= since)
        .group_by(Verdict.gate, Verdict.outcome)
    )
    found: dict[str, dict[str, int]] = {}
    for gate, outcome, number in session.execute(rows):
        found.setdefault(gate, {})[outcome] = number
    records = [GateRecord(gate, **counts) for gate, counts in found.items()]
    return sorted(records, key=lambda record: (-record.reject, -record.judged, record.gate))


def ai_merges(session: Session, repository: Repository, since: datetime) -> Merged:
    """Return how merges since *since* that AI declared were approved."""
    rows = (
        select(Merge.reviewers, func.count())
        .where(Merge.repository_id.in_(repository.ids), Merge.recorded >= since, said.status(Merge).in_(FROM_AI))
        .group_by(Merge.reviewers)
    )
    counts = dict(session.execute(rows).all())
    return Merged(*(counts.get(kind.value, 0) for kind in Reviewers))


def merged_lines(session: Session, repository: Repository, since: datetime) -> list[MergedLines]:
    """Return the lines that merges since *since* brought, by month and status, people's words counted."""
    merges = (
        select(Merge.id, month(Merge.recorded).label("month"), said.word(Merge).label("said"))
        .where(Merge.repository_id.in_(repository.ids), Merge.recorded >= since)
        .cte("merges")
        # PostgreSQL would look for people's words anew for each line.
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    lines = func.sum(MergeLine.last - MergeLine.first + 1)
    status = said.line_status(merges.c.said).label("status")
    rows = (
        select(merges.c.month, status, lines)
        .select_from(merges)
        .join(MergeLine, MergeLine.merge_id == merges.c.id)
        .group_by(merges.c.month, status)
        .order_by(merges.c.month)
    )
    return [MergedLines(at, Status(kind), int(number)) for at, kind, number in session.execute(rows)]


@dataclass(frozen=True, slots=True)
class Standing:
    """How many pull requests were ever reviewed, how many of those await a look, and how many gates object to."""

    reviewed: int
    awaiting: int
    objected: int


def standing(session: Session, repository: Repository) -> Standing:
    """Return the numbers of a repository's pull requests as they stand now."""
    of = (Review.repository_id.in_(repository.ids), Review.number.is_not(None))
    reviewed = select(func.count()).select_from(
        select(Review.repository_id, Review.number).where(*of).distinct().subquery()
    )
    open_ones = select(func.count(), func.count().filter(Review.would_decide != "accept")).where(
        *of, newest_of_pull(), awaits_a_look()
    )
    awaiting, objected = session.execute(open_ones).one()
    return Standing(session.scalar(reviewed) or 0, awaiting, objected)


def is_empty(numbers: Standing, merged: Sequence[object]) -> bool:
    """Whether there is nothing to show yet."""
    return not numbers.reviewed and not merged
