"""How a job is written into Redis: as RQ would, of which the parts that are the same for all are made once.

RQ's own objects for one job and its lane cost more processor time than everything else that an answer to a delivery
needs. ``tests/webhooks/test_job_form.py`` compares what is written here with what RQ itself writes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from rq import Retry
from rq.job import JobStatus
from rq.rate_limit import RateLimit, RateLimitRegistry
from rq.utils import utcformat

from webhooks.guarded_write import Acquire, Words
from webhooks.hook_job import FUNCTION, HookJob, HookQueue
from webhooks.jobs import Job as Work
from webhooks.jobs import kind_of, to_json

# Seconds before the next attempt after a failure that may pass: three hours in all.
PAUSES = (5, 15, 60, 180, 600, 1200, 3600, 5400)
# How long a job may take. Gates have their own, shorter limits.
LONGEST = 3600
_DAY = 86_400
# One job of a lane at a time.
_AT_ONCE = 1
# Of these each job has its own.
_OWN = ("created_at", "data", "description", "rate_limit_key")


@dataclass(frozen=True)
class JobForm:
    """Writes jobs of one queue."""

    queue: HookQueue

    @cached_property
    def _same(self) -> Words:
        """Return the fields that all jobs share, each before its value, as RQ writes them."""
        job = self.queue.create_job(
            FUNCTION,
            args=[],
            timeout=LONGEST,
            result_ttl=_DAY,
            failure_ttl=7 * _DAY,
            description="",
            status=JobStatus.RATE_LIMITED,
            retry=Retry(max=len(PAUSES)),
            rate_limit=RateLimit("any", _AT_ONCE),
        )
        fields = {name: value for name, value in job.to_dict().items() if name not in _OWN}
        fields["status"] = JobStatus.RATE_LIMITED.value
        return tuple(str(word) for field in fields.items() for word in field)

    def write(self, work: Work, id_: str, now: float, *, is_new: bool) -> tuple[list[Words], Acquire]:
        """Return the commands that write a job, and what lets the first of its lane into the queue.

        One that is not new takes the place of what stands there. *now* is in seconds since the epoch; the jobs of a
        lane wait in its order.
        """
        queue, key, lane = self.queue, HookJob.key_for(id_), _Lane(f"{self.queue.name}:{work.lane}")
        at = utcformat(datetime.fromtimestamp(now, UTC))
        # RQ reads it compressed and as it is. To compress it takes longer than to send it.
        data = json.dumps((FUNCTION, None, [to_json(work)], {}))
        own = (at, data, f"{kind_of(work)}: {work.about}", lane.key)
        commands: list[Words] = []
        if not is_new:
            failed = queue.failed_job_registry.key
            commands += [("DEL", key), ("ZREM", failed, id_), ("ZREM", lane.allowed_key, id_)]
        commands += [
            ("SADD", queue.redis_queues_keys, queue.key),
            ("SADD", lane.rl_keys_key, lane.key),
            ("HSET", lane.config_key, "concurrency", str(_AT_ONCE)),
            ("HSET", key, *self._same, *(word for field in zip(_OWN, own, strict=True) for word in field)),
            # RQ's own time-stamp has whole seconds; jobs of the same second would change places.
            ("ZADD", lane.rate_limited_key, repr(now), id_),
        ]
        prefixes = (queue.redis_queue_namespace_prefix, HookJob.redis_job_namespace_prefix)
        # As RateLimitRegistry.acquire_and_enqueue has it.
        words = (str(_AT_ONCE), str(int(now)), at, *prefixes)
        return commands, Acquire(lane.allowed_key, lane.rate_limited_key, words)


class _Lane(RateLimitRegistry):
    """The names of RQ's keys. RQ's own makes four scripts each time, which are not called here."""

    def __init__(self, key: str) -> None:
        self.key = key
