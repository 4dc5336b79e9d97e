"""The queue: RQ on Redis, with jobs as JSON, one review a head, and one job a pull request at a time.

RQ does not put ``unique`` and ``rate_limit`` together, which is what a delivery's job needs: its id is the
delivery's, and it waits while another job of the same pull request is at work. So ``take`` writes what RQ would, in
one stroke that fails where somebody else wrote a job or a pull request's newest head in between. The delivery itself
goes into the outbox in that stroke: what was taken is in the queue and will be in the ledger, or it was not taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, cast

from rq.job import JobStatus
from rq.rate_limit import RateLimitRegistry
from rq.serializers import JSONSerializer

from webhooks.deliveries import NOTHING, SUPERSEDED, Delivery, Entry
from webhooks.guarded_write import (
    HEAD_FIELDS,
    NO_RECEIPT,
    GuardedWrite,
    JobWrite,
    Known,
    Receipt,
    Words,
    newest_of,
    status_of,
)
from webhooks.heads import GONE, Claim, Newest, after, claim
from webhooks.hook_job import HookJob, HookQueue, work_of
from webhooks.job_form import LONGEST, JobForm
from webhooks.jobs import Command, GroupGone, Installed, JobError, Judge, Reconsider, ReviewHead
from webhooks.jobs import Job as Work
from webhooks.outbox import Outbox, row_of

if TYPE_CHECKING:
    from redis import Redis

NAME = "exogate"
_DAY = 86_400
# A pull request that nothing was heard of for so long is a new one to us.
_REMEMBERED = 90 * _DAY
# GitHub redelivers what it sent within three days. Of what is older than this the worker asks the ledger.
_SEEN = 4 * _DAY
_ENDED = frozenset({JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED})
_LIVE = frozenset(
    {JobStatus.QUEUED, JobStatus.STARTED, JobStatus.DEFERRED, JobStatus.SCHEDULED, JobStatus.RATE_LIMITED}
)


class Put(Enum):
    """What became of a wish to have something done."""

    QUEUED = "queued"
    THERE = "it is in the queue already"
    SAME = Claim.SAME.value
    STALE = Claim.STALE.value
    GONE = Claim.GONE.value


_PUT = {Claim.NEW: Put.QUEUED, Claim.SAME: Put.SAME, Claim.STALE: Put.STALE, Claim.GONE: Put.GONE}


def job_ids(delivery: str, count: int) -> list[str]:
    """Return the ids of the jobs that a delivery asks for. The first has the delivery's own."""
    return [delivery, *(f"{delivery}_{number}" for number in range(1, count))][:count]


def delivery_of(job_id: str) -> str:
    """Return the id of the delivery that asked for a job; deliveries' ids have no underscore."""
    return job_id.partition("_")[0]


@dataclass(frozen=True)
class JobQueue:
    """Exogate's queue on one Redis. Every method raises ``redis.exceptions.RedisError`` where it is away."""

    redis: Redis
    name: str = NAME
    now: Callable[[], float] = time.time

    @cached_property
    def rq(self) -> HookQueue:
        """RQ's queue."""
        return HookQueue(self.name, connection=self.redis, serializer=JSONSerializer, default_timeout=LONGEST)

    @cached_property
    def _write(self) -> GuardedWrite:
        return GuardedWrite(self.redis)

    @cached_property
    def _form(self) -> JobForm:
        return JobForm(self.rq)

    @cached_property
    def outbox(self) -> Outbox:
        """Deliveries that were taken and are not in the ledger yet."""
        return Outbox(self.redis, f"{self.name}:outbox")

    def put(self, work: Work, id_: str) -> Put:
        """Put a job there under that id, once, and make its head the pull request's newest where it is."""
        (found,) = self._put({id_: work}, None) or (Put.THERE,)
        return found

    def take(self, delivery: Delivery, works: Sequence[Work]) -> list[Put] | None:
        """Put a delivery's jobs there and its row into the outbox, in one stroke; ``None`` where it was seen before.

        One of which a job failed, or was stopped, may come again: that job is then put there anew.
        """
        return self._put(dict(zip(job_ids(delivery.id, len(works)), works, strict=True)), delivery)

    def forget(self, delivery: str) -> None:
        """Take a delivery for one that was never seen: what it asked for is lost."""
        self.redis.delete(self._seen_key(delivery))

    def _seen_key(self, delivery: str) -> str:
        return f"{self.name}:seen:{delivery}"

    def _put(self, works: Mapping[str, Work], delivery: Delivery | None) -> list[Put] | None:
        seen, known = False, [Known()] * len(works)
        while True:
            put, writes, heads = [], [], dict[str, Newest | None]()
            for (id_, work), was in zip(works.items(), known, strict=True):
                found, write = self._wish(work, id_, was, heads, seen=seen)
                put.append(found)
                writes.append(write)
            if all(found is Put.THERE for found in put) and (seen or delivery is None):
                return None
            receipt = NO_RECEIPT
            if delivery is not None:
                row = row_of(Entry(delivery, *_outcome(put)))
                receipt = Receipt(self._seen_key(delivery.id), self.outbox.key, row, _SEEN)
            is_ = self._write(writes, receipt, seen=seen)
            if is_ is None:
                return put
            seen, known = is_

    def _wish(
        self, work: Work, id_: str, known: Known, heads: dict[str, Newest | None], *, seen: bool
    ) -> tuple[Put, JobWrite]:
        """Return what becomes of a wish, and what is to be written; *heads* are those that earlier wishes change."""
        (head_key,) = self._head_keys(work) or ("",)
        write = JobWrite(HookJob.key_for(id_), head_key, known, [])
        # Of a job that ended well Redis remembers for a day that there was one.
        if (known.status is None and seen) or (known.status is not None and self._is_there(known.status, id_)):
            return Put.THERE, write
        before = heads.get(head_key, known.newest)
        found, newest = self._claim(work, id_, before)
        commands, acquire = list[Words](), None
        if newest is not None and newest != before:
            heads[head_key] = newest
            commands += _head_commands(head_key, newest)
        if found is Claim.NEW:
            job, acquire = self._form.write(work, id_, self.now(), is_new=known.status is None)
            commands += job
        return _PUT[found], replace(write, commands=commands, acquire=acquire)

    def _is_there(self, status: JobStatus, id_: str) -> bool:
        """Whether a job of this status is done, or will be: a worker that died may have left another status behind."""
        return status not in _ENDED and (status not in _LIVE or id_ in self.live())

    def newest(self, work: Work) -> Newest | None:
        """Return the newest head of the pull request that a job is about."""
        for key in self._head_keys(work):
            fields = cast("list[bytes | None]", self.redis.hmget(key, HEAD_FIELDS))
            return newest_of([None if field is None else field.decode() for field in fields])
        return None

    def superseded(self, work: Work, id_: str) -> str | None:
        """Return why a job need not be done any more, or ``None``. What a person said is never superseded."""
        if not isinstance(work, ReviewHead | Reconsider):
            return None
        known = self.newest(work)
        if known is None or known.job == id_:
            return None
        if known.head == GONE:
            return f"The merge group of {work.head[:7]} is gone, so nobody waits for its review."
        if known.head != work.head:
            return f"A newer head was asked for: {known.head[:7]} instead of {work.head[:7]}."
        if isinstance(work, ReviewHead):
            return f"A newer review of {work.head[:7]} was asked for."
        return None

    def status(self, id_: str) -> JobStatus | None:
        """Return how a job is, or ``None`` where Redis does not know it."""
        raw = cast("bytes | None", self.redis.hget(HookJob.key_for(id_), "status"))
        return status_of(None if raw is None else raw.decode())

    def live(self) -> set[str]:
        """Return the ids of the jobs that wait, are at work, or will be tried again.

        They are those that a worker will come upon. A job's own status may say otherwise where its worker died
        between two writes.
        """
        queue = self.rq
        ids = {*queue.job_ids, *queue.intermediate_queue.get_job_ids()}
        ids |= {*queue.started_job_registry.get_job_ids(cleanup=False)}
        ids |= {*queue.scheduled_job_registry.get_job_ids(cleanup=False)}
        lanes = self._lanes()
        with self.redis.pipeline(transaction=False) as pipeline:
            for lane in lanes:
                pipeline.zrange(lane.rate_limited_key, 0, -1)
            return ids.union(*({id_.decode() for id_ in held} for held in pipeline.execute()))

    def others_of(self, id_: str) -> set[str]:
        """Return the ids of the other jobs of the same delivery that have not ended."""
        delivery = delivery_of(id_)
        if id_ == delivery and self.status(job_ids(delivery, 2)[1]) is None:
            return set()  # as nearly every delivery has one job alone
        return {other for other in self.live() if other != id_ and delivery_of(other) == delivery}

    def busy_heads(self) -> set[tuple[int, str]]:
        """Return the repository's id and the head of everything that waits, is at work, or will be tried again."""
        found = set()
        for job in HookJob.fetch_many(sorted(self.live()), connection=self.redis, serializer=JSONSerializer):
            try:
                work = None if job is None else work_of(job)
            except JobError:
                continue
            if work is not None and (head := self._head(work)) is not None:
                found.add(head)
        return found

    def _head(self, work: Work) -> tuple[int, str] | None:
        if isinstance(work, Installed | Judge):  # these have no check run
            return None
        if not isinstance(work, Command):
            return work.repository_id, work.head
        newest = self.newest(work)
        return None if newest is None else (work.repository_id, newest.head)

    def depth(self) -> dict[str, int]:
        """Return how many jobs wait for a worker, for their turn or for another attempt, are at work, and failed."""
        queue = self.rq
        with self.redis.pipeline(transaction=False) as pipeline:
            for lane in self._lanes():
                pipeline.zcard(lane.rate_limited_key)
            held = sum(pipeline.execute())
        return {
            "queued": queue.count,
            "waiting": held,
            "scheduled": queue.scheduled_job_registry.get_job_count(cleanup=False),
            "started": queue.started_job_registry.get_job_count(cleanup=False),
            "failed": queue.failed_job_registry.get_job_count(cleanup=False),
        }

    def _lanes(self) -> list[RateLimitRegistry]:
        """Return the lanes in which there are jobs."""
        return RateLimitRegistry.all(self.redis)

    def _claim(self, work: Work, id_: str, known: Newest | None) -> tuple[Claim, Newest | None]:
        """Return what a wish is, and what is known of the newest head afterwards."""
        if isinstance(work, GroupGone):
            return Claim.NEW, Newest(GONE, 0, id_, 1)
        if not isinstance(work, ReviewHead) or (work.number is None and not work.is_group):
            return Claim.NEW, known
        found = claim(known, work, id_)
        if found is Claim.SAME and known is not None and self.status(known.job) in _ENDED:
            found = Claim.NEW  # nobody reviews it any more
        return found, after(known, work, id_, found)

    def _head_keys(self, work: Work) -> list[str]:
        """Return the key under which the newest head lies; none for what has no pull request and no merge group."""
        of_group = isinstance(work, GroupGone) or (isinstance(work, ReviewHead) and work.is_group)
        has_one = of_group or getattr(work, "number", None) is not None
        return [f"{self.name}:head:{work.lane}"] if has_one else []


def _head_commands(key: str, newest: Newest) -> list[Words]:
    head, updated, job, generation = HEAD_FIELDS
    fields = (head, newest.head, updated, str(newest.updated), job, newest.job, generation, str(newest.generation))
    # That a merge group is gone need be known only for as long as its beginning may still be heard of.
    lasts = _SEEN if newest.head == GONE else _REMEMBERED
    return [("HSET", key, *fields), ("EXPIRE", key, str(lasts))]


def _outcome(put: Sequence[Put]) -> tuple[str | None, str]:
    """Return what is known of a delivery's end when it was taken, and a sentence: where nobody need do anything."""
    if not put:
        return NOTHING, ""
    return (None, "") if {Put.QUEUED, Put.THERE} & {*put} else (SUPERSEDED, put[0].value)
