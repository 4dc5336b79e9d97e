"""What happens to a delivery that is believed: routed, queued, put into the outbox. The server and recovery share it.

The ledger has no part in it. Redis knows a delivery that came before for some days; of one that is older the worker
asks the ledger before it does anything (``webhooks.worker``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from redis.exceptions import RedisError

from webhooks.deliveries import Delivery
from webhooks.events import KNOWN, glance, route
from webhooks.payloads import Addressed, Heading, Payload, read
from webhooks.queue import JobQueue, Put


class Taken(Enum):
    """What was made of a delivery."""

    QUEUED = "queued"
    DUPLICATE = "seen before"
    SUPERSEDED = "superseded"
    NOTHING = "nothing to do"
    UNKNOWN = "an event that is not listened to"


class AwayError(RuntimeError):
    """The queue is away (the message says so): the delivery is not taken, and GitHub must be told so."""


@dataclass(frozen=True)
class Intake:
    """Takes deliveries in. ``app`` is our own App's id."""

    queue: JobQueue
    app: int | None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def take(self, event: str, id_: str, payload: Payload) -> Taken:
        """Put a delivery's jobs into the queue and its row into the outbox, each once, however often it comes.

        Raises ``PayloadError`` where it does not fit and ``AwayError`` where it could not be kept; it may then be
        tried again, whatever was done already.
        """
        if event not in KNOWN:
            read(Heading, payload)  # it must be a JSON object all the same
            return Taken.UNKNOWN
        heading = glance(event, payload)
        known = heading if isinstance(heading, Addressed) else payload
        jobs = route(event, heading.action, known, id_, self.app)
        installation, repository = heading.installation, heading.repository
        delivery = Delivery(
            id_,
            event,
            heading.action,
            None if installation is None else installation.id,
            None if repository is None else repository.id,
            self.now(),
            heading.pull_number,
        )
        try:
            put = self.queue.take(delivery, jobs)
        except RedisError as error:
            raise AwayError(f"The queue does not take it: Redis does not answer ({type(error).__name__}).") from error
        return _taken(put)


def _taken(put: list[Put] | None) -> Taken:
    if put is None:
        return Taken.DUPLICATE
    if not put:
        return Taken.NOTHING
    if Put.QUEUED in put:
        return Taken.QUEUED
    return Taken.DUPLICATE if Put.THERE in put else Taken.SUPERSEDED
