"""The queue: RQ on Redis, with jobs as JSON, one review a head, and one job a pull request at a time.

Redis is trusted with our jobs only: a job in it calls no function that it names (see ``HookJob``).

RQ does not put ``unique`` and ``rate_limit`` together, which is what a delivery's job needs: its id is the
delivery's, and it waits while another job of the same pull request is at work. So ``put`` writes with RQ's own parts,
in one transaction that fails where somebody else wrote the job or the pull request's newest head in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError, WatchError
from redis.retry import Retry as Attempts
from rq import Queue, Retry
from rq.exceptions import DeserializationError
from rq.job import Job, JobStatus
from rq.rate_limit import ACQUIRE_AND_ENQUEUE_SCRIPT, RateLimit, RateLimitRegistry
from rq.serializers import JSONSerializer
from rq.utils import now, utcformat

from webhooks.heads import Claim, Newest, after, claim
from webhooks.jobs import Command, Installed, JobError, Reconsider, ReviewHead, from_json, kind_of, to_json
from webhooks.jobs import Job as Work

if TYPE_CHECKING:
    from redis.client import Pipeline

NAME = "exogate"
FUNCTION = "webhooks.perform"
# Seconds before the next attempt after a failure that may pass: three hours in all.
PAUSES = (5, 15, 60, 180, 600, 1200, 3600, 5400)
# How long a job may take. Gates have their own, shorter limits.
LONGEST = 3600
_DAY = 86_400
# Seconds for which one worker looks after dead ones' jobs, at most; it takes milliseconds.
_LOOKING = 20
# A pull request that nothing was heard of for so long is a new one to us.
_REMEMBERED = 90 * _DAY
_ENDED = frozenset({JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED})
_LIVE = frozenset(
    {JobStatus.QUEUED, JobStatus.STARTED, JobStatus.DEFERRED, JobStatus.SCHEDULED, JobStatus.RATE_LIMITED}
)


class QueueError(RuntimeError):
    """Redis cannot be used; the message is a sentence without its password."""


class Put(Enum):
    """What became of a wish to have something done."""

    QUEUED = "queued"
    THERE = "it is in the queue already"
    SAME = Claim.SAME.value
    STALE = Claim.STALE.value


_PUT = {Claim.NEW: Put.QUEUED, Claim.SAME: Put.SAME, Claim.STALE: Put.STALE}


class HookJob(Job):
    """A job that calls no function that Redis names; the worker that takes it says what it does."""

    action: Callable[[HookJob], object] | None = None
    pause: int = 0
    told: bool = False

    def perform(self) -> object:
        """Do what the worker says."""
        if self.action is None:
            raise JobError("This job has no worker. Start one: exogate worker")
        self._result = self.action(self)
        return self._result

    def get_retry_interval(self) -> int:
        """Return how many seconds to wait: after a worker's death none, otherwise what ``pause`` says."""
        return self.pause

    @property
    def success_callback(self) -> None:
        """No function."""

    @property
    def failure_callback(self) -> None:
        """No function."""

    @property
    def stopped_callback(self) -> None:
        """No function."""

    def send_webhooks(self, status: str | JobStatus, *, exc_string: str | None = None) -> None:
        """Send nothing."""


class HookQueue(Queue):
    """A queue of such jobs."""

    job_class = HookJob

    def acquire_maintenance_lock(self) -> bool:
        """Whether we may look after dead workers' jobs now; one worker at a time does.

        RQ holds this for 15 minutes. A worker that is killed while it looks would keep all others from looking.
        """
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=_LOOKING))


def job_ids(delivery: str, count: int) -> list[str]:
    """Return the ids of the jobs that a delivery asks for. The first has the delivery's own."""
    return [delivery, *(f"{delivery}_{number}" for number in range(1, count))][:count]


def delivery_of(job_id: str) -> str:
    """Return the id of the delivery that asked for a job; deliveries' ids have no underscore."""
    return job_id.partition("_")[0]


def connect(url: str, *, patient: bool = False) -> Redis:
    """Return a connection to the Redis at *url*, without trying it. A *patient* one waits and tries for minutes.

    The other gives up within seconds: GitHub waits ten for the answer to a delivery. Raises ``QueueError``.
    """
    attempts = Attempts(ExponentialBackoff(cap=20, base=0.5), 10) if patient else Attempts(ExponentialBackoff(), 1)
    waits: dict[str, Any] = {"socket_connect_timeout": 5 if patient else 2, "health_check_interval": 30}
    if not patient:
        waits["socket_timeout"] = 3
    try:
        connection: Redis = Redis.from_url(url, retry=attempts, **waits)
    except (RedisError, ValueError) as error:
        raise QueueError(f"REDIS_URL ({shown(url)}) is no address of a Redis ({type(error).__name__}).") from None
    return connection


def shown(url: str) -> str:
    """Return a Redis address without what is secret in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def work_of(job: Job) -> Work:
    """Return what an RQ job asks for. Raises ``JobError`` where it is none of ours."""
    try:
        named, args = job.func_name, job.args
    except (DeserializationError, ValueError, TypeError, KeyError):
        named, args = "", ()
    if named == FUNCTION and not job.kwargs and len(args) == 1 and isinstance(args[0], dict):
        return from_json(args[0])
    raise JobError(f"Job {job.id} asks for something that this worker does not do. It carries out Exogate's jobs only.")


@dataclass(frozen=True)
class JobQueue:
    """Exogate's queue on one Redis. Every method raises ``redis.exceptions.RedisError`` where it is away."""

    redis: Redis
    name: str = NAME
    now: Callable[[], float] = time.time

    @property
    def rq(self) -> HookQueue:
        """RQ's queue."""
        return HookQueue(self.name, connection=self.redis, serializer=JSONSerializer, default_timeout=LONGEST)

    def put(self, work: Work, id_: str) -> Put:
        """Put a job there under that id, once, and make its head the pull request's newest where it is."""
        queue = self.rq
        while True:
            with self.redis.pipeline() as pipeline:
                try:
                    pipeline.watch(HookJob.key_for(id_), *self._head_keys(work))  # type: ignore[no-untyped-call]
                    status, known = self._known(work, id_)
                    if status is not None and status not in _ENDED and (status not in _LIVE or id_ in self.live()):
                        return Put.THERE
                    found, newest = self._claim(work, id_, known)
                    pipeline.multi()
                    if newest is not None and newest != known:
                        self._write_newest(pipeline, work, newest)
                    if found is Claim.NEW:
                        self._write_job(pipeline, queue, work, id_)
                    pipeline.execute()
                except WatchError:
                    continue
            return _PUT[found]

    def newest(self, work: Work) -> Newest | None:
        """Return the newest head of the pull request that a job is about."""
        for key in self._head_keys(work):
            return _newest(cast("dict[bytes, bytes]", self.redis.hgetall(key)))
        return None

    def superseded(self, work: Work, id_: str) -> str | None:
        """Return why a job need not be done any more, or ``None``. What a person said is never superseded."""
        if not isinstance(work, ReviewHead | Reconsider):
            return None
        known = self.newest(work)
        if known is None or known.job == id_:
            return None
        if known.head != work.head:
            return f"A newer head was asked for: {known.head[:7]} instead of {work.head[:7]}."
        if isinstance(work, ReviewHead):
            return f"A newer review of {work.head[:7]} was asked for."
        return None

    def status(self, id_: str) -> JobStatus | None:
        """Return how a job is, or ``None`` where Redis does not know it."""
        return _status(cast("bytes | None", self.redis.hget(HookJob.key_for(id_), "status")))

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
        if isinstance(work, Installed):
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

    def _known(self, work: Work, id_: str) -> tuple[JobStatus | None, Newest | None]:
        """Return how the job is, and the newest head of its pull request, at one stroke."""
        with self.redis.pipeline(transaction=False) as pipeline:
            pipeline.hget(HookJob.key_for(id_), "status")
            for key in self._head_keys(work):
                pipeline.hgetall(key)
            status, *heads = pipeline.execute()
        return _status(status), _newest(heads[0]) if heads else None

    def _claim(self, work: Work, id_: str, known: Newest | None) -> tuple[Claim, Newest | None]:
        """Return what a wish is, and what is known of the newest head afterwards."""
        if not isinstance(work, ReviewHead) or work.number is None:
            return Claim.NEW, known
        found = claim(known, work, id_)
        if found is Claim.SAME and known is not None and self.status(known.job) in _ENDED:
            found = Claim.NEW  # nobody reviews it any more
        return found, after(known, work, id_, found)

    def _head_keys(self, work: Work) -> list[str]:
        """Return the key under which the newest head lies; none for what has no pull request."""
        number = getattr(work, "number", None)
        return [] if number is None else [f"{self.name}:head:{work.lane}"]

    def _write_newest(self, pipeline: Pipeline, work: Work, newest: Newest) -> None:
        (key,) = self._head_keys(work)
        fields = {
            "head": newest.head,
            "updated": newest.updated,
            "job": newest.job,
            "generation": newest.generation,
        }
        pipeline.hset(key, mapping=cast("dict[Any, Any]", fields))
        pipeline.expire(key, _REMEMBERED)

    def _write_job(self, pipeline: Pipeline, queue: HookQueue, work: Work, id_: str) -> None:
        limit = RateLimit(f"{self.name}:{work.lane}", 1)
        job = queue.create_job(
            FUNCTION,
            args=[to_json(work)],
            job_id=id_,
            timeout=LONGEST,
            result_ttl=_DAY,
            failure_ttl=7 * _DAY,
            description=f"{kind_of(work)}: {work.about}",
            retry=Retry(max=len(PAUSES)),
            rate_limit=limit,
        )
        job.origin = queue.name
        job.set_status(JobStatus.RATE_LIMITED, pipeline=pipeline)
        lane = RateLimitRegistry(limit.key, self.redis)
        pipeline.delete(HookJob.key_for(id_))
        pipeline.zrem(queue.failed_job_registry.key, id_)
        pipeline.sadd(queue.redis_queues_keys, queue.key)
        lane.register(limit.concurrency, pipeline)
        pipeline.zrem(lane.allowed_key, id_)
        job.save(pipeline=pipeline)
        # RQ's own time-stamp has whole seconds; jobs of the same second would change places.
        lane.add_to_rate_limited(id_, pipeline, timestamp=self.now())
        # As lane.acquire_and_enqueue does it, without asking Redis first whether it knows the script.
        pipeline.eval(
            ACQUIRE_AND_ENQUEUE_SCRIPT,
            2,
            lane.allowed_key,
            lane.rate_limited_key,
            str(limit.concurrency),
            str(int(self.now())),
            utcformat(now()),
            queue.redis_queue_namespace_prefix,
            HookJob.redis_job_namespace_prefix,
        )


def _status(raw: bytes | None) -> JobStatus | None:
    try:
        return None if raw is None else JobStatus(raw.decode())
    except ValueError:
        return None


def _newest(raw: dict[bytes, bytes]) -> Newest | None:
    if not raw:
        return None
    found = {name.decode(): value.decode() for name, value in raw.items()}
    return Newest(found["head"], int(found["updated"]), found["job"], int(found["generation"]))
