"""The ledger as the record of deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.ledger.errors import LedgerError
from app.ledger.insert import add_each_once
from app.ledger.ledger import Ledger
from app.ledger.models import Delivery as Row
from app.ledger.models import DeliveryOutcome as Outcome
from webhooks.deliveries import FINAL, Delivery, Entry, RecordError


@dataclass(frozen=True)
class LedgerDeliveries:
    """A ``webhooks.deliveries.Deliveries`` that is the ledger."""

    ledger: Ledger

    def record(self, entries: Sequence[Entry]) -> None:
        """Write them down for good, in one transaction; one that stands there is not written again."""
        if not entries:
            return
        now = self.ledger.now()
        # In one order everywhere: PostgreSQL would let two processes with the same ids wait for each other.
        rows = [{**_row(each.delivery), "recorded": now} for each in sorted(entries, key=lambda each: each.delivery.id)]
        ended = {each.delivery.id: each for each in entries if each.outcome is not None}
        with sentences(), self.ledger.writing() as session:
            add_each_once(session, Row, "guid", rows)
            if ended:
                known = select(Outcome.guid).where(Outcome.guid.in_(ended), Outcome.outcome.in_(FINAL))
                for id_ in ended.keys() - session.scalars(known):
                    told = ended[id_]
                    session.add(Outcome(guid=id_, outcome=told.outcome, detail=told.detail, recorded=now))

    def done(self, id_: str, outcome: str, detail: str = "") -> None:
        """Write down what became of it."""
        with sentences():
            self.ledger.delivery_done(id_, outcome, detail)

    def outcome(self, id_: str) -> str | None:
        """Return what became of it, ``None`` where it is not known (yet)."""
        with sentences():
            heard = self.ledger.heard(id_)
        return None if heard is None else heard.outcome

    def since(self, when: datetime) -> Mapping[str, str | None]:
        """Return the ids of what was received since then, with what became of each."""
        with sentences():
            return {heard.id: heard.outcome for heard in self.ledger.deliveries_since(when)}

    def ready(self) -> None:
        """Do nothing, or raise."""
        with sentences():
            self.ledger.ready()


def _row(delivery: Delivery) -> dict[str, object]:
    return {
        "guid": delivery.id,
        "event": delivery.event,
        "action": delivery.action,
        "installation": delivery.installation,
        "repository_id": delivery.repository_id,
        "number": delivery.number,
        "received": delivery.received,
    }


@contextmanager
def sentences() -> Iterator[None]:
    """Turn the ledger's complaints into ``RecordError``."""
    try:
        yield
    except LedgerError as error:
        raise RecordError(str(error)) from error


def open_ledger(url: str) -> LedgerDeliveries:
    """Return the ledger at *url*, with its schema up to date. Raises ``RecordError``."""
    with sentences():
        return LedgerDeliveries(Ledger.open(url))
