"""Pull requests as people see them: whether they await a look, and what their authors call them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, or_, select
from sqlalchemy.orm import aliased

from app.ledger.models import Merge, PullSeen, Review
from app.ledger.seen import PullIs

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Called:
    """What a pull request is called; every word is its author's, and empty where it was not kept."""

    title: str = ""
    author: str = ""
    head_ref: str = ""
    base_ref: str = ""


def awaits_a_look() -> ColumnElement[bool]:
    """Return the condition that a review's pull request was neither merged nor closed; one is open until then."""
    merged = exists().where(Merge.repository_id == Review.repository_id, Merge.number == Review.number)
    ended, later = aliased(PullSeen), aliased(PullSeen)
    is_later = or_(later.updated > ended.updated, and_(later.updated == ended.updated, later.id > ended.id))
    # Looked for by what ended, of which there is less than of reviews.
    closed = exists().where(
        ended.repository_id == Review.repository_id,
        ended.number == Review.number,
        ended.state != PullIs.OPEN.value,
        ~exists().where(later.repository_id == ended.repository_id, later.number == ended.number, is_later),
    )
    return and_(~merged, ~closed)


def last_seen_id() -> ScalarSelect[Any]:
    """Return the id of the row that says how a review's pull request is."""
    seen = aliased(PullSeen)
    return (
        select(seen.id)
        .where(seen.repository_id == Review.repository_id, seen.number == Review.number)
        .order_by(seen.updated.desc(), seen.id.desc())
        .limit(1)
        .correlate(Review)
        .scalar_subquery()
    )


def called_then(session: Session, review_id: int, repository_id: int, number: int) -> Called | None:
    """Return what a pull request was called when it was reviewed; ``None`` where that was not kept."""
    of_pull = (PullSeen.repository_id == repository_id, PullSeen.number == number)
    row = session.scalar(select(PullSeen).where(*of_pull, PullSeen.review_id == review_id).limit(1))
    return None if row is None else called(row)


def called(row: PullSeen) -> Called:
    """Return what a row says that a pull request is called."""
    return Called(row.title, row.author, row.head_ref, row.base_ref)
