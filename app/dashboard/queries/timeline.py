"""What happened to a pull request, as far as the ledger tells it, oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.dashboard.queries.review import Told
from app.ledger.models import Delivery, DeliveryOutcome, Merge, MergeLine, Review

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_MOST = 100


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. ``kind``: heard, done, reviewed, said or merged; ``text`` may quote untrusted text."""

    when: datetime
    kind: str
    text: str
    detail: str = ""
    review_id: int | None = None
    head: str | None = None


def timeline(session: Session, told: Told) -> list[Event]:
    """Return the newest events of a review's pull request; of a merge group, those of the review alone."""
    if told.number is None:
        return _in_order([*_deliveries(session, [told.delivery] if told.delivery else [])])
    of = {"repository_id": told.repository_id, "number": told.number}
    reviews = session.execute(
        select(Review.id, Review.recorded, Review.head, Review.would_decide, Review.enforced, Review.delivery)
        .filter_by(**of)
        .order_by(Review.id.desc())
        .limit(_MOST)
    ).all()
    merges = session.scalars(select(Merge).filter_by(**of).order_by(Merge.id.desc()).limit(_MOST)).all()
    said = told.words[-_MOST:]
    rows: list[Any] = [*reviews, *merges, *said]
    guids = {row.delivery for row in rows if row.delivery}
    events = [
        *(
            Event(row.recorded, "reviewed", _DECIDED[row.would_decide], _binding(row.enforced), row.id, row.head)
            for row in reviews
        ),
        *(Event(row.recorded, "said", f"{row.actor} {row.says}", row.reason) for row in said),
        *(Event(row.recorded, "merged", f"Merged ({row.method})", _lines(session, row)) for row in merges),
        *_deliveries(session, sorted(guids)),
    ]
    return _in_order(events)


_DECIDED = {"accept": "Gates accepted", "reject": "Gates rejected", "error": "Gates could not judge"}


def _binding(enforced: bool) -> str:
    return "" if enforced else "as advice only"


def _lines(session: Session, merge: Merge) -> str:
    span = func.sum(MergeLine.last - MergeLine.first + 1)
    lines = session.scalar(select(span).where(MergeLine.merge_id == merge.id))
    return f"{lines:,} lines written down" if lines else "no lines are known"


def _in_order(events: Sequence[Event]) -> list[Event]:
    order = ("heard", "said", "reviewed", "done", "merged")
    return sorted(events, key=lambda event: (event.when, order.index(event.kind)))[-_MOST:]


def _deliveries(session: Session, guids: Sequence[str]) -> Iterator[Event]:
    """Yield each delivery as it was heard, and what became of it last."""
    if not guids:
        return
    last = select(func.max(DeliveryOutcome.id)).where(DeliveryOutcome.guid.in_(guids)).group_by(DeliveryOutcome.guid)
    for heard in session.scalars(select(Delivery).where(Delivery.guid.in_(guids))):
        yield Event(heard.received, "heard", f"GitHub told of {_named(heard.event, heard.action)}", heard.guid)
    for done in session.scalars(select(DeliveryOutcome).where(DeliveryOutcome.id.in_(last))):
        yield Event(done.recorded, "done", f"Delivery {done.outcome}", done.detail)


def _named(event: str, action: str | None) -> str:
    return event if action is None else f"{event} {action}"
