"""The deliveries that were heard, newest first, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, false, func, or_, select

from app.dashboard.queries.names import names_of
from app.dashboard.queries.scope import Readable, within
from app.ledger.models import Delivery, DeliveryOutcome, Review

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PER_PAGE = 50
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery; ``outcome`` is ``None`` where nothing became of it yet.

    ``number`` is that of its pull request, and ``reviewed`` says that this has a page.
    """

    id: int
    guid: str
    event: str
    action: str | None
    repository: str | None
    number: int | None
    reviewed: bool
    received: datetime
    outcome: str | None
    detail: str
    ended: datetime | None

    @property
    def seconds(self) -> float | None:
        """How long it took from hearing to the last that became of it."""
        return max(0.0, (self.ended - self.received).total_seconds()) if self.ended else None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of deliveries; ``older`` is where the next one begins, ``None`` on the last."""

    rows: Sequence[Row]
    older: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """The deliveries since a moment: how many were heard, by what became of them last (``None``: nothing yet)."""

    heard: int
    by_outcome: Sequence[tuple[str | None, int]]


def deliveries(session: Session, readable: Readable, before: int | None = None, outcome: str | None = None) -> Listing:
    """Return a page; somebody who may not read every repository sees none that belong to no repository."""
    told = _last(Delivery)
    rows = (
        select(Delivery, DeliveryOutcome)
        .outerjoin(DeliveryOutcome, DeliveryOutcome.id == told)
        .where(within(Delivery.repository_id, readable))
        .order_by(Delivery.id.desc())
        .limit(PER_PAGE + 1)
    )
    if before is not None:
        rows = rows.where(Delivery.id < before)
    if outcome is not None:
        rows = rows.where(DeliveryOutcome.outcome == outcome)
    found = session.execute(rows).all()
    shown = found[:PER_PAGE]
    names = names_of(session, (heard.repository_id for heard, _ in shown if heard.repository_id is not None))
    pages = _reviewed(session, [heard for heard, _ in shown])
    return Listing(
        [_row(heard, done, names, pages) for heard, done in shown], shown[-1][0].id if len(found) > PER_PAGE else None
    )


def health(session: Session, readable: Readable, since: datetime) -> Health:
    """Return what became of the deliveries received since *since*."""
    told = _last(Delivery)
    rows = (
        select(DeliveryOutcome.outcome, func.count())
        .select_from(Delivery)
        .outerjoin(DeliveryOutcome, DeliveryOutcome.id == told)
        .where(Delivery.received >= since, within(Delivery.repository_id, readable))
        .group_by(DeliveryOutcome.outcome)
        .order_by(func.count().desc())
    )
    counts = session.execute(rows).all()
    return Health(sum(number for _, number in counts), counts)


def _last(of: type[Delivery]) -> object:
    told = DeliveryOutcome.__table__.alias("told")
    return select(func.max(told.c.id)).where(told.c.guid == of.guid).correlate(of).scalar_subquery()


def _reviewed(session: Session, deliveries: Sequence[Delivery]) -> set[tuple[int, int]]:
    """Return those of the deliveries' pull requests, as (repository, number), that were reviewed."""
    numbers: dict[int, set[int]] = {}
    for one in deliveries:
        if one.repository_id is not None and one.number is not None:
            numbers.setdefault(one.repository_id, set()).add(one.number)
    which = [and_(Review.repository_id == one, Review.number.in_(of_it)) for one, of_it in numbers.items()]
    rows = select(Review.repository_id, Review.number).where(or_(false(), *which)).distinct()
    return {(one, number) for one, number in session.execute(rows) if number is not None}


def _row(heard: Delivery, done: DeliveryOutcome | None, names: dict[int, str], pages: set[tuple[int, int]]) -> Row:
    return Row(
        id=heard.id,
        guid=heard.guid,
        event=heard.event,
        action=heard.action,
        repository=names.get(heard.repository_id) if heard.repository_id is not None else None,
        number=heard.number,
        reviewed=(heard.repository_id, heard.number) in pages,
        received=heard.received,
        outcome=done.outcome if done else None,
        detail=done.detail if done else "",
        ended=done.recorded if done else None,
    )
