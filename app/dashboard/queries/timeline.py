"""What happened to a pull request, as far as the ledger tells it, oldest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.dashboard.queries.review import Told
from app.dashboard.services import DASHBOARD
from app.ledger.models import Delivery, DeliveryOutcome, Merge, MergeLine, PullSeen, Review
from app.ledger.seen import PullIs

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_MOST = 100
# What the record of deliveries calls one that asks for nothing.
_NOTHING = "nothing-to-do"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; ``text`` may quote untrusted text.

    ``kind``: heard, asked, done, reviewed, said, merged, closed or opened.
    """

    when: datetime
    kind: str
    text: str
    detail: str = ""
    review_id: int | None = None
    head: str | None = None


def timeline(session: Session, told: Told) -> list[Event]:
    """Return the newest events of a review's pull request; of a merge group, those of the review alone."""
    if told.number is None:
        return _in_order([*_deliveries(session, Delivery.guid == (told.delivery or ""))])
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
    # Those of before their pull request was kept are known by what came of them.
    guids = {row.delivery for row in rows if row.delivery}
    heard = or_(and_(Delivery.repository_id == told.repository_id, Delivery.number == told.number), _one_of(guids))
    events = [
        *(
            Event(row.recorded, "reviewed", _DECIDED[row.would_decide], _binding(row.enforced), row.id, row.head)
            for row in reviews
        ),
        *(Event(row.recorded, "said", f"{row.actor} {row.says}", row.reason) for row in said),
        *(Event(row.recorded, "merged", f"Merged ({row.method})", _lines(session, row)) for row in merges),
        *_endings(session, told.repository_id, told.number),
        *_deliveries(session, heard),
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
    order = ("heard", "asked", "opened", "said", "reviewed", "done", "closed", "merged")
    return sorted(events, key=lambda event: (event.when, order.index(event.kind)))[-_MOST:]


def _one_of(guids: Collection[str]) -> ColumnElement[bool]:
    return Delivery.guid.in_(sorted(guids))


def _endings(session: Session, repository_id: int, number: int) -> Iterator[Event]:
    """Yield when a pull request was closed without a merge, and when it was opened again."""
    rows = select(PullSeen).where(PullSeen.repository_id == repository_id, PullSeen.number == number)
    was = PullIs.OPEN.value
    for row in session.scalars(rows.order_by(PullSeen.updated, PullSeen.id)):
        if row.state == PullIs.CLOSED and was == PullIs.OPEN:
            yield Event(row.updated, "closed", "Closed without being merged")
        elif row.state == PullIs.OPEN and was != PullIs.OPEN:
            yield Event(row.updated, "opened", "Opened again")
        was = row.state


def _deliveries(session: Session, which: ColumnElement[bool]) -> Iterator[Event]:
    """Yield each delivery as it was heard, and what became of it last where anything did."""
    deliveries = session.scalars(select(Delivery).where(which).order_by(Delivery.id.desc()).limit(_MOST)).all()
    guids = {delivery.guid: delivery.event for delivery in deliveries}
    for heard in deliveries:
        if heard.event == DASHBOARD:
            yield Event(heard.received, "asked", f"Asked for on the dashboard: {heard.action}")
        else:
            yield Event(heard.received, "heard", f"GitHub told of {_named(heard.event, heard.action)}", heard.guid)
    last = select(func.max(DeliveryOutcome.id)).where(DeliveryOutcome.guid.in_(guids)).group_by(DeliveryOutcome.guid)
    for done in session.scalars(select(DeliveryOutcome).where(DeliveryOutcome.id.in_(last))):
        if done.outcome != _NOTHING:
            what = "A worker's answer" if guids[done.guid] == DASHBOARD else f"Delivery {done.outcome}"
            yield Event(done.recorded, "done", what, done.detail)


def _named(event: str, action: str | None) -> str:
    return event if action is None else f"{event} {action}"
