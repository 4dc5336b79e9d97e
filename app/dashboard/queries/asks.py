"""What was asked for on the dashboard about a pull request, and what the workers made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.dashboard.services import DASHBOARD, SAYS
from app.ledger.models import Delivery, DeliveryOutcome, Override

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_MOST = 10


class Became(StrEnum):
    """What became of a person's word."""

    WAITS = "waits"
    WRITTEN = "written"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ask:
    """A word that somebody asked to be written down. ``detail`` says in a sentence what became of it."""

    guid: str
    when: datetime
    what: str
    became: Became
    detail: str


def asks(session: Session, repository_id: int, number: int) -> Sequence[Ask]:
    """Return the last words that were asked to be written down of a pull request, newest first."""
    rows = (
        select(Delivery)
        .where(Delivery.repository_id == repository_id, Delivery.number == number)
        .where(Delivery.event == DASHBOARD, Delivery.action.startswith(SAYS))
        .order_by(Delivery.id.desc())
        .limit(_MOST)
    )
    asked = session.scalars(rows).all()
    guids = [one.guid for one in asked]
    last = select(func.max(DeliveryOutcome.id)).where(DeliveryOutcome.guid.in_(guids)).group_by(DeliveryOutcome.guid)
    ended = {one.guid: one for one in session.scalars(select(DeliveryOutcome).where(DeliveryOutcome.id.in_(last)))}
    of_pull = (Override.repository_id == repository_id, Override.number == number)
    written = set(session.scalars(select(Override.delivery).where(*of_pull, Override.delivery.in_(guids))))
    return [_ask(one, ended.get(one.guid), is_written=one.guid in written) for one in asked]


def _ask(asked: Delivery, ended: DeliveryOutcome | None, *, is_written: bool) -> Ask:
    became = Became.WAITS
    if is_written:
        became = Became.WRITTEN
    elif ended is not None:
        became = Became.FAILED if ended.outcome == "failed" else Became.REFUSED
    return Ask(asked.guid, asked.received, asked.action or "", became, ended.detail if ended else "")
