"""A record of deliveries in memory, which can be away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from webhooks.deliveries import FINAL, Delivery, Entry, RecordError


@dataclass
class Memory:
    """A ``webhooks.deliveries.Deliveries``."""

    rows: dict[str, Delivery] = field(default_factory=dict)
    outcomes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    away: bool = False

    def record(self, entries: Sequence[Entry]) -> None:
        self.ready()
        for entry in entries:
            id_ = self.rows.setdefault(entry.delivery.id, entry.delivery).id
            if entry.outcome is not None and self.outcome(id_) not in FINAL:
                self.done(id_, entry.outcome, entry.detail)

    def done(self, id_: str, outcome: str, detail: str = "") -> None:
        self.ready()
        self.outcomes.setdefault(id_, []).append((outcome, detail))

    def outcome(self, id_: str) -> str | None:
        self.ready()
        return self.outcomes[id_][-1][0] if id_ in self.outcomes else None

    def since(self, when: datetime) -> dict[str, str | None]:
        self.ready()
        return {id_: self.outcome(id_) for id_, row in self.rows.items() if row.received >= when}

    def ready(self) -> None:
        if self.away:
            raise RecordError("The ledger is locked.")
