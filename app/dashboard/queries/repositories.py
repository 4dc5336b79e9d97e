"""The repositories, the one with the newest review first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, func, select

from app.dashboard.queries.names import Repository
from app.dashboard.queries.pulls import awaits_a_look
from app.dashboard.queries.repository import newest_of_pull
from app.dashboard.queries.scope import Readable, within
from app.ledger.models import Merge, RepositoryName, Review

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A repository with its numbers.

    ``awaiting`` counts the pull requests that were reviewed and neither merged nor closed; ``decision`` is that of
    the last review (``None`` where there is none), as the policy would decide where it only advises.
    """

    repository: Repository
    pulls: int
    awaiting: int
    rejected: int
    merges: int
    last: datetime | None
    decision: str | None
    enforced: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of repositories, and whether there are more."""

    rows: Sequence[Row]
    more: bool


def repositories(session: Session, readable: Readable, page: int) -> Listing:
    """Return the page *page*, counted from 1."""
    newest = select(func.max(RepositoryName.id)).group_by(RepositoryName.repository_id)
    last = (
        select(func.max(Review.recorded)).where(Review.repository_id == RepositoryName.repository_id).scalar_subquery()
    )
    rows = session.execute(
        select(RepositoryName.repository_id, RepositoryName.name, last.label("last"))
        .where(RepositoryName.id.in_(newest), within(RepositoryName.repository_id, readable))
        .order_by(last.is_(None), last.desc(), RepositoryName.id.desc())
        .limit(PER_PAGE + 1)
        .offset((page - 1) * PER_PAGE)
    ).all()
    shown = rows[:PER_PAGE]
    ids = [row.repository_id for row in shown]
    counts = {
        "pulls": _counted(session, ids, Review.number.is_not(None)),
        "awaiting": _counted(session, ids, and_(Review.number.is_not(None), newest_of_pull(), awaits_a_look())),
        "rejected": _counted(
            session, ids, and_(Review.number.is_not(None), _objected(), newest_of_pull(), awaits_a_look())
        ),
    }
    merges = dict(
        session.execute(
            select(Merge.repository_id, func.count()).where(Merge.repository_id.in_(ids)).group_by(Merge.repository_id)
        ).all()
    )
    decisions = _last_decisions(session, ids)
    return Listing(
        [
            Row(
                repository=Repository(row.name, (row.repository_id,)),
                **{name: found.get(row.repository_id, 0) for name, found in counts.items()},
                merges=merges.get(row.repository_id, 0),
                last=row.last,
                decision=decisions.get(row.repository_id, (None, True))[0],
                enforced=decisions.get(row.repository_id, (None, True))[1],
            )
            for row in shown
        ],
        len(rows) > PER_PAGE,
    )


def _counted(session: Session, ids: Sequence[int], which: ColumnElement[bool]) -> dict[int, int]:
    """Return how many pull requests of each repository have a review of the kind asked for."""
    rows = (
        select(Review.repository_id, func.count(Review.number.distinct()))
        .where(Review.repository_id.in_(ids), which)
        .group_by(Review.repository_id)
    )
    return dict(session.execute(rows).all())


def _objected() -> ColumnElement[bool]:
    return Review.would_decide != "accept"


def _last_decisions(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, bool]]:
    last = (
        select(Review.id)
        .where(Review.repository_id == RepositoryName.repository_id)
        .order_by(Review.recorded.desc(), Review.id.desc())
        .limit(1)
        .correlate(RepositoryName)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Review.repository_id, Review.would_decide, Review.enforced)
        .select_from(RepositoryName)
        .join(Review, Review.id == last)
        .where(RepositoryName.repository_id.in_(ids))
    )
    return {one: (decision, enforced) for one, decision, enforced in rows}
