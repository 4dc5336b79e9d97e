"""The pull requests that were reviewed and neither merged nor closed: what awaits a look, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, func, select

from app.dashboard.queries import said
from app.dashboard.queries.names import names_of
from app.dashboard.queries.pulls import Called, awaits_a_look, last_seen_id
from app.dashboard.queries.repository import newest_of_pull
from app.dashboard.queries.scope import Readable, within
from app.ledger.models import PullSeen, PullState, Review

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PER_PAGE = 50
_CALLED = tuple(Called.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; what is ``None`` does not narrow. ``before`` is the id of the review that a page ends at."""

    repository_ids: tuple[int, ...] | None = None
    provenance: str | None = None
    decision: str | None = None
    needs_review: bool = False
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A pull request by its newest review. ``called`` is what its author calls it, as far as that is known.

    ``decision`` is what the policy says, also where it only advises.

    ``needed`` is the sentence on the review that the policy asks for; ``moved`` says that a newer head was asked for.
    """

    review_id: int
    repository: str
    number: int
    called: Called
    branch: str
    head: str
    recorded: datetime
    decision: str
    enforced: bool
    policy: str
    status: str
    needed: str | None
    files: int
    added: int
    removed: int
    moved: bool

    @property
    def path(self) -> str:
        """Its review's page."""
        return f"/r/{self.repository}/reviews/{self.review_id}"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the queue; ``older`` is where the next one begins, ``None`` on the last."""

    rows: Sequence[Row]
    older: int | None


def queue(session: Session, readable: Readable, filters: Filters, most: int = PER_PAGE) -> Listing:
    """Return a page of the queue."""
    waiting = (
        select(Review.id)
        .where(Review.number.is_not(None), within(Review.repository_id, readable), *_narrowed(filters))
        .where(newest_of_pull(), awaits_a_look())
    )
    rows = _asking(waiting) if filters.needs_review else waiting
    rows = rows.order_by(rows.selected_columns.id.desc()).limit(most + 1)
    ids = session.scalars(rows).all()
    shown = ids[:most]
    return Listing(_rows(session, shown), shown[-1] if len(ids) > most else None)


def _narrowed(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.repository_ids is not None:
        yield Review.repository_id.in_(filters.repository_ids)
    if filters.before is not None:
        yield Review.id < filters.before
    if filters.decision is not None:
        yield Review.would_decide == filters.decision
    if filters.provenance is not None:
        yield said.status(Review) == filters.provenance


def _asking(waiting: Select[int]) -> Select[int]:
    """Return those reviews that ask for a person's: after all else, since each document is read for it."""
    others = waiting.cte("waiting").prefix_with("MATERIALIZED", dialect="postgresql")
    needed = select(Review.document["review_needed"].as_string()).where(Review.id == others.c.id)
    return select(others.c.id).where(needed.scalar_subquery().is_not(None))


def _rows(session: Session, ids: Sequence[int]) -> list[Row]:
    document = Review.document
    head = (PullState.repository_id == Review.repository_id) & (PullState.number == Review.number)
    rows = (
        select(
            Review.id,
            Review.repository_id,
            Review.number,
            *(func.coalesce(getattr(PullSeen, name), "") for name in _CALLED),
            document[("head", "ref")].as_string(),
            Review.head,
            Review.recorded,
            Review.would_decide,
            Review.enforced,
            Review.policy,
            said.status(Review),
            document["review_needed"].as_string(),
            *(document[name].as_integer() for name in ("files", "added_lines", "removed_lines")),
            func.coalesce(PullState.head, Review.head) != Review.head,
        )
        .outerjoin(PullState, head)
        .outerjoin(PullSeen, PullSeen.id == last_seen_id())
        .where(Review.id.in_(ids))
        .order_by(Review.id.desc())
    )
    found = session.execute(rows).all()
    names = names_of(session, (row[1] for row in found))
    return [
        Row(review_id, names[repository_id], number, Called(*rest[: len(_CALLED)]), *rest[len(_CALLED) :])
        for review_id, repository_id, number, *rest in found
    ]


def repositories_in(session: Session, readable: Readable) -> list[str]:
    """Return the names of the repositories that have reviews, for a list to choose from."""
    ids = session.scalars(select(Review.repository_id).where(within(Review.repository_id, readable)).distinct()).all()
    return sorted(set(names_of(session, ids).values()), key=str.lower)
