"""What was heard: webhook deliveries, what became of them, and where the App is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.ledger.insert import add_once
from app.ledger.models import Delivery, DeliveryOutcome, InstallationEvent
from app.ledger.store import Store


@dataclass(frozen=True, slots=True)
class Heard:
    """A delivery and what became of it last; ``outcome`` is ``None`` where nothing is known to have."""

    id: str
    event: str
    action: str | None
    installation: int | None
    repository_id: int | None
    received: datetime
    outcome: str | None
    detail: str


class Deliveries(Store):
    """The part of the ledger that the web process and the recovery use."""

    def delivery(
        self,
        id: str,  # noqa: A002  GitHub's word
        event: str,
        action: str | None = None,
        installation: int | None = None,
        repository_id: int | None = None,
        received: datetime | None = None,
        number: int | None = None,
    ) -> bool:
        """Add a delivery. Return ``False`` where one with this id was heard before: it is not added again."""
        now = self.now()
        row = {
            "guid": id,
            "event": event,
            "action": action,
            "installation": installation,
            "repository_id": repository_id,
            "number": number,
            "received": received or now,
            "recorded": now,
        }
        with self.writing() as session:
            return add_once(session, Delivery, ["guid"], row) is not None

    def delivery_done(self, id: str, outcome: str, detail: str = "") -> None:  # noqa: A002
        """Add what became of a delivery: a word of the caller's (``queued``, ``done``, ``failed``) and a sentence."""
        with self.writing() as session:
            session.add(DeliveryOutcome(guid=id, outcome=outcome, detail=detail, recorded=self.now()))

    def heard(self, id: str) -> Heard | None:  # noqa: A002
        """Return one delivery, ``None`` where it was never heard."""
        return next(iter(self._heard(Delivery.guid == id)), None)

    def deliveries_since(self, moment: datetime) -> Sequence[Heard]:
        """Return the deliveries received at *moment* or later, oldest first, each with its last outcome."""
        return self._heard(Delivery.received >= moment)

    def _heard(self, which: object) -> list[Heard]:
        told = aliased(DeliveryOutcome)
        last = select(func.max(told.id)).where(told.guid == Delivery.guid).scalar_subquery()
        rows = (
            select(Delivery, DeliveryOutcome)
            .outerjoin(DeliveryOutcome, DeliveryOutcome.id == last)
            .where(which)  # type: ignore[arg-type]
            .order_by(Delivery.received, Delivery.id)
        )
        with self.reading() as session:
            return [_joined(delivery, outcome) for delivery, outcome in session.execute(rows)]

    def installation(
        self,
        installation: int,
        account: str,
        event: str,
        repositories: Sequence[str] = (),
        delivery: str | None = None,
    ) -> None:
        """Add what happened to an installation: the event's name and action, and the repositories it names."""
        with self.writing() as session:
            session.add(
                InstallationEvent(
                    installation=installation,
                    account=account,
                    event=event,
                    repositories=list(repositories),
                    delivery=delivery,
                    recorded=self.now(),
                )
            )

    def installation_events(self, installation: int) -> Sequence[InstallationEvent]:
        """Return what happened to an installation, oldest first."""
        rows = select(InstallationEvent).where(InstallationEvent.installation == installation)
        with self.reading() as session:
            return session.scalars(rows.order_by(InstallationEvent.id)).all()


def _joined(delivery: Delivery, outcome: DeliveryOutcome | None) -> Heard:
    return Heard(
        delivery.guid,
        delivery.event,
        delivery.action,
        delivery.installation,
        delivery.repository_id,
        delivery.received,
        outcome.outcome if outcome else None,
        outcome.detail if outcome else "",
    )
