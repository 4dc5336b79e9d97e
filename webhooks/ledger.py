"""The ledger as the record of deliveries."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from app.ledger.errors import LedgerError
from app.ledger.insert import add_each_once
from app.ledger.ledger import Ledger
from app.ledger.models import Delivery as Row
from webhooks.deliveries import Delivery, RecordError


@dataclass
class _Wish:
    """A delivery to be written, and what came of it."""

    delivery: Delivery
    fresh: bool = False
    error: LedgerError | None = None
    is_settled: bool = False


@dataclass(frozen=True)
class LedgerDeliveries:
    """A ``webhooks.deliveries.Deliveries`` that is the ledger.

    What several threads write at once goes into one transaction: whoever has its turn first writes for all that wait.
    A disk is asked to keep each transaction for good, which takes longer than everything else that is done.
    """

    ledger: Ledger
    _waiting: deque[_Wish] = field(default_factory=deque, repr=False, compare=False)
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)

    def record(self, delivery: Delivery) -> bool:
        """Write it down for good; ``False`` where it was seen before."""
        wish = _Wish(delivery)
        self._waiting.append(wish)
        with self._turn:
            if not wish.is_settled:
                self._write(self._all_waiting())
        if wish.error is not None:
            raise RecordError(str(wish.error)) from wish.error
        return wish.fresh

    def _all_waiting(self) -> list[_Wish]:
        """Return the wishes that wait, ours among them; each is taken once, while others are added."""
        found = []
        while self._waiting:
            found.append(self._waiting.popleft())
        return found

    def _write(self, wishes: list[_Wish]) -> None:
        try:
            now = self.ledger.now()
            # In one order everywhere: PostgreSQL would let two processes with the same ids wait for each other.
            ordered = sorted(wishes, key=lambda wish: wish.delivery.id)
            with self.ledger.writing() as session:
                fresh = add_each_once(session, Row, "guid", [{**_row(w.delivery), "recorded": now} for w in ordered])
            for wish in ordered:
                wish.fresh = wish.delivery.id in fresh
                fresh.discard(wish.delivery.id)
        except LedgerError as error:
            for wish in wishes:
                wish.error = error
        for wish in wishes:
            wish.is_settled = True

    def done(self, id_: str, outcome: str, detail: str = "") -> None:
        """Write down what became of it."""
        with sentences(), self._turn:
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
