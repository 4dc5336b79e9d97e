"""What was missed is made up for: GitHub's record of deliveries is compared with ours, the outbox and the queue.

GitHub does not deliver again by itself. A delivery is lost to us where we were away or answered with an error, and
where Redis lost a job that was recorded. Both are taken in again here, under the same id, so that nothing is done
twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from rq.job import JobStatus

from webhooks.deliveries import DONE, FAILED, OWN, Deliveries, is_id
from webhooks.events import KNOWN
from webhooks.hooks import KEPT, Hooks, Sent
from webhooks.intake import Intake, Taken
from webhooks.payloads import PayloadError
from webhooks.queue import JobQueue, delivery_of

_LOG = logging.getLogger("exogate.recovery")
# What came just now may be on its way still; and clocks differ.
_YOUNG = timedelta(minutes=2)
_OVERLAP = timedelta(minutes=15)


@dataclass(frozen=True)
class Recovery:
    """One look after another at what was missed."""

    hooks: Hooks
    deliveries: Deliveries
    intake: Intake
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def _queue(self) -> JobQueue:
        return self.intake.queue

    def look(self) -> int:
        """Take in again what was missed since the last look that came to its end; return how much that was.

        Raises ``GitHubError``, ``RecordError``, ``AwayError`` or ``RedisError``: the next look then begins where
        this one did.
        """
        now = self.now()
        self._queue.outbox.drain(self.deliveries)
        recorded = dict(self.deliveries.since(now - KEPT))
        open_ = [id_ for id_, outcome in recorded.items() if outcome is None]
        live = {delivery_of(id_) for id_ in self._queue.live()} if open_ else set()
        lost = {id_ for id_ in open_ if id_ not in live and not self._settle(id_)}
        for id_ in {id_ for id_ in lost if id_.startswith(OWN)}:
            self.deliveries.done(id_, FAILED, "Redis lost it before anybody did it. Ask again.")
            lost.remove(id_)  # GitHub does not know of it
        since = now - KEPT if lost else max(now - KEPT, self._until() - _OVERLAP)
        taken = 0
        for sent in _once(self.hooks.since(since)):
            if sent.delivered_at > now - _YOUNG or (sent.guid in recorded and sent.guid not in lost):
                continue
            if sent.guid in lost:
                self._queue.forget(sent.guid)
            taken += self._take(sent)
        self._queue.redis.set(self._key("until"), int(now.timestamp()))
        return taken

    def _settle(self, id_: str) -> bool:
        """Write down the outcome that a worker knew and could not write down; whether there is one."""
        status = self._queue.status(id_)
        if status == JobStatus.FINISHED:
            self.deliveries.done(id_, DONE, "Its worker could not write down more.")
        elif status in (JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED):
            self.deliveries.done(id_, FAILED, "Its worker died once too often, or it was stopped.")
        else:
            return False
        return True

    def _take(self, sent: Sent) -> bool:
        if self._queue.redis.sismember(self._key("unfit"), sent.guid):
            return False
        try:
            taken = self.intake.take(sent.event, sent.guid, self.hooks.payload(sent))
        except PayloadError as error:
            _LOG.warning("delivery %s %s cannot be recovered: %s", sent.guid, sent.event, error)
            self._queue.redis.sadd(self._key("unfit"), sent.guid)
            self._queue.redis.expire(self._key("unfit"), KEPT)
            return False
        answered = f"answered with {sent.status_code}" if sent.status_code else "not answered"
        _LOG.info("delivery %s %s, %s, was missed: %s", sent.guid, sent.event, answered, taken.value)
        return taken is Taken.QUEUED

    def _until(self) -> datetime:
        """Return when the last whole look was."""
        raw = cast("bytes | None", self._queue.redis.get(self._key("until")))
        return datetime.fromtimestamp(int(raw or 0), UTC)

    def _key(self, name: str) -> str:
        return f"{self._queue.name}:recovery:{name}"


def _once(attempts: Iterable[Sent]) -> list[Sent]:
    """Return the last attempt of each delivery that we listen to, in the order in which they were first sent."""
    last: dict[str, Sent] = {}
    for sent in attempts:
        if sent.event in KNOWN and is_id(sent.guid):
            last[sent.guid] = sent
    return list(last.values())
