"""What happens to a delivery that is believed: routed, recorded, queued. The server and recovery share it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from redis.exceptions import RedisError

from webhooks.deliveries import DONE, NOTHING, SUPERSEDED, Deliveries, Delivery, RecordError
from webhooks.events import KNOWN, route
from webhooks.jobs import Job
from webhooks.payloads import action_of
from webhooks.queue import JobQueue, Put, job_ids

_FINAL = frozenset({DONE, SUPERSEDED, NOTHING})


class Taken(Enum):
    """What was made of a delivery."""

    QUEUED = "queued"
    DUPLICATE = "seen before"
    SUPERSEDED = "superseded"
    NOTHING = "nothing to do"
    UNKNOWN = "an event that is not listened to"


class AwayError(RuntimeError):
    """The ledger or the queue (the message says which) is away: it is not taken, and GitHub must be told so."""


@dataclass(frozen=True)
class Intake:
    """Takes deliveries in. ``app`` is our own App's id."""

    deliveries: Deliveries
    queue: JobQueue
    app: int | None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def take(self, event: str, id_: str, payload: Mapping[str, Any]) -> Taken:
        """Record a delivery and put its jobs into the queue, each once, however often it comes.

        Raises ``PayloadError`` where it does not fit and ``AwayError`` where it could not be kept; it may then be
        tried again, whatever was done already.
        """
        if event not in KNOWN:
            return Taken.UNKNOWN
        action = action_of(payload)
        jobs = route(event, action, payload, id_, self.app)
        installation, repository = _number(payload.get("installation")), _number(payload.get("repository"))
        delivery = Delivery(id_, event, action, installation, repository, self.now())
        try:
            fresh = self.deliveries.record(delivery)
            if not fresh and self.deliveries.outcome(id_) in _FINAL:
                return Taken.DUPLICATE
            return self._settle(id_, jobs)
        except RecordError as error:
            raise AwayError(f"The ledger does not take it: {error}") from error
        except RedisError as error:
            raise AwayError(f"The queue does not take it: Redis does not answer ({type(error).__name__}).") from error

    def _settle(self, id_: str, jobs: list[Job]) -> Taken:
        if not jobs:
            self.deliveries.done(id_, NOTHING)
            return Taken.NOTHING
        put = [self.queue.put(job, job_id) for job, job_id in zip(jobs, job_ids(id_, len(jobs)), strict=True)]
        if Put.QUEUED in put:
            return Taken.QUEUED
        if Put.THERE in put:
            return Taken.DUPLICATE
        self.deliveries.done(id_, SUPERSEDED, put[0].value)
        return Taken.SUPERSEDED


def _number(part: object) -> int | None:
    found = part.get("id") if isinstance(part, Mapping) else None
    usable = isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**63
    return found if usable else None
