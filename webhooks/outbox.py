"""Deliveries on their way into the ledger: Redis keeps them in order, and a drainer writes them down in batches.

A delivery is answered when Redis has it, and a ledger that is locked or away holds nothing up. What was written down
is removed afterwards: who dies in between leaves it to the next, and the ledger takes each delivery once.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from webhooks.deliveries import Deliveries, Delivery, Entry

if TYPE_CHECKING:
    from redis import Redis

# One transaction's. A ledger that was away for long gets them one batch after the other.
_BATCH = 500
_LOG = logging.getLogger("exogate.outbox")


def row_of(entry: Entry) -> str:
    """Return an entry as it lies in Redis."""
    delivery = entry.delivery
    return json.dumps({**vars(delivery), "received": delivery.received.isoformat()} | _outcome(entry))


def _outcome(entry: Entry) -> dict[str, str]:
    return {} if entry.outcome is None else {"outcome": entry.outcome, "detail": entry.detail}


def entry_of(row: str | bytes) -> Entry:
    """Return the entry that a row says. Raises ``ValueError``, ``KeyError`` or ``TypeError`` where it is none."""
    fields = json.loads(row)
    outcome, detail = fields.pop("outcome", None), fields.pop("detail", "")
    return Entry(Delivery(**{**fields, "received": datetime.fromisoformat(fields["received"])}), outcome, detail)


@dataclass(frozen=True)
class Outbox:
    """The stream *key* on one Redis. ``JobQueue.take`` adds to it, in the stroke that takes a delivery."""

    redis: Redis
    key: str

    def __len__(self) -> int:
        """Return how many deliveries wait. Raises ``RedisError``."""
        return int(self.redis.xlen(self.key))

    def drain(self, deliveries: Deliveries) -> int:
        """Write down what waits, and return how much that was. Several may do it at the same time.

        Raises ``RecordError`` or ``RedisError``; what was not written down is still there.
        """
        drained = 0
        while batch := self._first():
            entries = [entry for _, entry in batch if entry is not None]
            deliveries.record(entries)
            self.redis.xdel(self.key, *(id_ for id_, _ in batch))
            drained += len(entries)
        return drained

    def _first(self) -> list[tuple[bytes, Entry | None]]:
        """Return the oldest batch; ``None`` in the place of a row that is none of ours, which is set aside."""
        found = []
        for id_, fields in cast("list[tuple[bytes, dict[bytes, bytes]]]", self.redis.xrange(self.key, count=_BATCH)):
            entry = None
            try:
                entry = entry_of(fields[b"delivery"])
            except (ValueError, KeyError, TypeError):
                _LOG.error(
                    "Something in the outbox is no delivery that this version knows; it is in %s:unread.", self.key
                )
                self.redis.hset(f"{self.key}:unread", mapping={id_: json.dumps(repr(fields))})
            found.append((id_, entry))
        return found
