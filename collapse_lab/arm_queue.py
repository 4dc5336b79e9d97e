"""Arms as jobs of an RQ queue: what such a job says, and how it comes into the queue, once.

Redis is trusted with numbers and addresses only. Jobs are JSON, never pickles; a worker reads the arguments of jobs
that name our one function, and calls no function that a job names.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry as Attempts
from rq import Queue, Retry, Worker
from rq.exceptions import DeserializationError, DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

FUNCTION = "collapse_lab.hosted.main"
# How often an arm is taken up again after its worker died; more deaths than that have to do with the arm.
_LIVES = 10
_DAY = 86_400
_ON_ITS_WAY = frozenset({JobStatus.QUEUED, JobStatus.STARTED, JobStatus.DEFERRED, JobStatus.SCHEDULED})


class QueueError(RuntimeError):
    """A queue that cannot be used, or a job that is none of ours; the message is a sentence."""


@dataclass(frozen=True)
class Order:
    """What a job asks for: an arm's number in the plan of that digest, of the run in a folder or behind a share."""

    folder: str
    share: str | None
    number: int
    plan: str

    @property
    def id(self) -> str:
        """The job's id: the same arm of the same run is the same job."""
        place = hashlib.sha256((self.share or self.folder).encode()).hexdigest()[:16]
        return f"{place}-{self.plan}-{self.number:03d}"

    @classmethod
    def of(cls, job: Job) -> Order:
        """Return what a job asks for. Raises ``QueueError`` where it is none of ours."""
        try:
            named, (fields,) = job.func_name, job.args
            if named == FUNCTION and not job.kwargs and isinstance(fields, dict):
                order = cls(**fields)
                fits = all(isinstance(v, t) for v, t in zip(asdict(order).values(), _TYPES, strict=True))
                if fits and order.number >= 0 and order.folder.startswith("/"):
                    return order
        except (DeserializationError, TypeError, ValueError):
            pass
        raise QueueError(f"Job {job.id} asks for something that this worker does not do. It runs arms of studies only.")


_TYPES = (str, str | None, int, str)


class ArmJob(Job):
    """A job that calls nothing: what a job in Redis says of callbacks and webhooks is not followed."""

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


class ArmQueue(Queue):
    """A queue of such jobs."""

    job_class = ArmJob


@dataclass(frozen=True)
class State:
    """How a job is: waiting, at work, failed (with the reason), or, where it is ``None``, not in the queue."""

    status: JobStatus | None
    why: str = ""
    refused: str | None = None

    @property
    def on_its_way(self) -> bool:
        """Whether it will still be run, or is being run."""
        return self.status in _ON_ITS_WAY


def connect(url: str | None, *, patient: bool = False) -> Redis:
    """Return a connection to the Redis at *url*, or the one that ``REDIS_URL`` names. Raises ``QueueError``.

    A *patient* one tries for minutes before it gives up.
    """
    if url is not None and (urlsplit(url).password is not None or "password=" in urlsplit(url).query):
        raise QueueError(
            "--redis holds a password, which every user of this machine could read. Set REDIS_URL instead, and leave "
            "--redis out."
        )
    address = url or os.environ.get("REDIS_URL")
    if not address:
        raise QueueError("No Redis is named. Set REDIS_URL, or say --redis redis://HOST:6379.")
    attempts = Attempts(ExponentialBackoff(cap=20, base=0.5), 10 if patient else 2)
    try:
        connection: Redis = Redis.from_url(address, retry=attempts, socket_connect_timeout=5, health_check_interval=30)
        connection.ping()
    except (RedisError, ValueError, OSError) as error:
        raise QueueError(unreachable(error, shown(address))) from error
    return connection


def unreachable(error: Exception, address: str) -> str:
    """Return the sentence for a Redis that does not answer."""
    return (
        f"Redis at {address} cannot be used ({' '.join(str(error).split())}). Is it running, and reachable from here?"
    )


def shown(address: str) -> str:
    """Return a Redis address without what is secret in it."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def open_queue(name: str, connection: Redis) -> ArmQueue:
    """Return the queue of that name."""
    return ArmQueue(name, connection=connection, serializer=JSONSerializer)


def put(queue: ArmQueue, orders: Iterable[Order]) -> int:
    """Put arms into the queue, those that are in one already left out; return how many were put there."""
    put = 0
    for order in orders:
        if state(queue, order).on_its_way:
            continue
        fetched = _fetched(queue, order)
        if fetched is not None:
            fetched.delete()
        try:
            queue.enqueue_call(
                FUNCTION,
                args=(asdict(order),),
                job_id=order.id,
                unique=True,
                timeout=-1,
                result_ttl=_DAY,
                failure_ttl=7 * _DAY,
                description=f"arm {order.number} of {order.share or order.folder}",
                retry=Retry(max=_LIVES),
            )
            put += 1
        except DuplicateJobError:
            continue
    return put


def state(queue: ArmQueue, order: Order) -> State:
    """Return how an arm's job is."""
    job = _fetched(queue, order)
    if job is None:
        return State(None)
    status = job.get_status(refresh=False)
    result: Any = job.latest_result() if status in (JobStatus.FAILED, JobStatus.STOPPED) else None
    why = (result.exc_string or "") if result is not None else ""
    return State(status, why.strip(), job.meta.get("refused"))


def drop(queue: ArmQueue, place: Order) -> list[str]:
    """Take the waiting arms of the same run but another plan out of its queue; return the ids of those at work."""
    run, plan = place.id.split("-")[:2]
    working = []
    for id_ in {*queue.get_job_ids(), *queue.started_job_registry.get_job_ids(cleanup=False)}:
        if not id_.startswith(f"{run}-") or id_.split("-")[1] == plan:
            continue
        job = queue.fetch_job(id_)
        if job is not None and job.get_status(refresh=False) == JobStatus.STARTED:
            working.append(id_)
        elif job is not None:
            job.delete()
    return working


def workers(queue: ArmQueue) -> int:
    """Return how many workers listen to the queue."""
    return Worker.count(queue=queue)


def _fetched(queue: ArmQueue, order: Order) -> Job | None:
    try:
        return ArmJob.fetch(order.id, connection=queue.connection, serializer=JSONSerializer)
    except NoSuchJobError:
        return None
