"""A job is written as RQ itself would write it."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

import pytest
from rq import Retry
from rq.rate_limit import RateLimit

from webhooks.hook_job import FUNCTION, HookJob
from webhooks.job_form import LONGEST, PAUSES
from webhooks.jobs import Installed, Reconsider, ReviewHead, kind_of, to_json

from .payloads import HEAD, WHERE

if TYPE_CHECKING:
    from redis import Redis

    from webhooks.jobs import Job
    from webhooks.queue import JobQueue

WORKS = [
    ReviewHead(**WHERE, number=1, head=HEAD, base_ref="b\u00e4se", reason="r", updated=100),
    Reconsider(**WHERE, number=1, head=HEAD, reason="r"),
    Installed(5, "octo", "added", ("octo/shop", "octo/other"), "d-1"),
]
# When it was written, and what is compressed or not.
VARIES = (b"created_at", b"enqueued_at", b"data")


def of_rq(queue: JobQueue, work: Job) -> None:
    """Enqueue with nothing but RQ's own means."""
    queue.rq.enqueue_job(
        queue.rq.create_job(
            FUNCTION,
            args=[to_json(work)],
            job_id="d-1",
            timeout=LONGEST,
            result_ttl=86_400,
            failure_ttl=7 * 86_400,
            description=f"{kind_of(work)}: {work.about}",
            retry=Retry(max=len(PAUSES)),
            rate_limit=RateLimit(f"exogate:{work.lane}", 1),
        )
    )


def written(redis: Redis) -> dict[bytes, object]:
    """Return what RQ's keys hold, without times."""
    found: dict[bytes, object] = {}
    for key in redis.keys("rq:*"):
        kind = redis.type(key)
        if kind == b"hash":
            fields = redis.hgetall(key)
            found[key] = {name: value for name, value in fields.items() if name not in VARIES}
        elif kind == b"zset":
            found[key] = redis.zrange(key, 0, -1)
        else:
            found[key] = redis.smembers(key) if kind == b"set" else redis.lrange(key, 0, -1)
    return found


@pytest.mark.parametrize("work", WORKS, ids=kind_of)
def test_it_is_written_as_rq_writes_it(queue: JobQueue, work: Job) -> None:
    redis = queue.redis
    of_rq(queue, work)
    expected, data = written(redis), zlib.decompress(redis.hget("rq:job:d-1", "data"))
    redis.flushall()
    before = time.time()
    queue.put(work, "d-1")
    assert written(redis) == expected
    job = HookJob.fetch("d-1", connection=redis, serializer=queue.rq.serializer)
    assert job.data == data
    assert job.created_at.timestamp() == pytest.approx(before, abs=60)
    assert job.enqueued_at == job.created_at
