"""What Redis carries out in one stroke, where jobs, their pull requests' newest heads and the delivery are as known.

A script and no WATCH: one round trip where nobody else wrote, and another where the knowledge was old. Who knows
nothing yet begins with that: a new delivery mostly finds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from rq.job import JobStatus
from rq.rate_limit import ACQUIRE_AND_ENQUEUE_SCRIPT

from webhooks.heads import Newest

if TYPE_CHECKING:
    from redis import Redis
    from redis.commands.core import Script

HEAD_FIELDS = ("head", "updated", "job", "generation")
Words = tuple[str, ...]
"""A command of Redis, word by word."""

# KEYS: whether the delivery was seen ('' where there is none), the outbox; and of each job: it, the newest head (''
# where there is none), and RQ's two of its lane. ARGV: whether the delivery was seen as far as is known, for how many
# seconds that is remembered, what goes into the outbox ('' for nothing), and the jobs as JSON: of each its status and
# its head's fields as far as is known, the commands, and five words for RQ's script (none where no job is written).
# RQ's own script is carried out last, as RQ would.
_SCRIPT = f"""
local function acquire(KEYS, ARGV) {ACQUIRE_AND_ENQUEUE_SCRIPT} end
local jobs, found, same = cjson.decode(ARGV[4]), {{}}, true
local function see(value, known)
    found[#found + 1] = value
    same = same and (value or '') == known
end
see(KEYS[1] ~= '' and redis.call('EXISTS', KEYS[1]) == 1 and '1', ARGV[1])
for at, job in ipairs(jobs) do
    local key, head = 4 * at - 1, {{false, false, false, false}}
    see(redis.call('HGET', KEYS[key], 'status'), job[1][1])
    if KEYS[key + 1] ~= '' then
        head = redis.call('HMGET', KEYS[key + 1], 'head', 'updated', 'job', 'generation')
    end
    for i = 1, 4 do see(head[i], job[1][i + 1]) end
end
if not same then return found end
for _, job in ipairs(jobs) do
    for _, words in ipairs(job[2]) do redis.call(unpack(words)) end
end
if ARGV[3] ~= '' then
    redis.call('XADD', KEYS[2], '*', 'delivery', ARGV[3])
    redis.call('SET', KEYS[1], '1', 'EX', ARGV[2])
end
for at, job in ipairs(jobs) do
    if #job[3] > 0 then acquire({{KEYS[4 * at + 1], KEYS[4 * at + 2]}}, job[3]) end
end
return false
"""


@dataclass(frozen=True)
class Known:
    """What is known of a job and of the newest head of its pull request; at first, that there is neither."""

    status: JobStatus | None = None
    newest: Newest | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """As Redis has it, in the script's order."""
        head = self.newest
        fields = (head.head, str(head.updated), head.job, str(head.generation)) if head is not None else ("",) * 4
        return ("" if self.status is None else self.status.value, *fields)


@dataclass(frozen=True)
class Acquire:
    """What RQ's script needs to let the first of those that wait in a lane into the queue."""

    allowed_key: str
    waiting_key: str
    words: tuple[str, str, str, str, str]


@dataclass(frozen=True)
class JobWrite:
    """What is written about a job where it is as *known*: *commands*; *acquire* then lets the first of its lane in."""

    job_key: str
    head_key: str
    known: Known
    commands: Sequence[Words]
    acquire: Acquire | None = None


@dataclass(frozen=True)
class Receipt:
    """That a delivery was taken: *row* goes into the outbox, and it counts as seen for *lasts* seconds."""

    seen_key: str
    outbox_key: str
    row: str
    lasts: int


NO_RECEIPT = Receipt("", "", "", 0)


@dataclass(frozen=True)
class GuardedWrite:
    """Writes on one Redis."""

    redis: Redis

    @cached_property
    def _script(self) -> Script:
        return self.redis.register_script(_SCRIPT)

    def __call__(
        self, writes: Sequence[JobWrite], receipt: Receipt = NO_RECEIPT, *, seen: bool = False
    ) -> tuple[bool, list[Known]] | None:
        """Write where all is as known, and the delivery *seen* or not; otherwise nothing, and return how it is.

        Raises ``RedisError``.
        """
        keys = [receipt.seen_key, receipt.outbox_key]
        jobs = []
        for write in writes:
            acquire = write.acquire
            lane = ("", "") if acquire is None else (acquire.allowed_key, acquire.waiting_key)
            keys += (write.job_key, write.head_key, *lane)
            jobs.append((write.known.words, write.commands, () if acquire is None else acquire.words))
        # As JSON and not word by word: redis-py takes its time for each.
        words = ("1" if seen else "", receipt.lasts, receipt.row, json.dumps(jobs))
        found = cast("list[bytes | None] | None", self._script(keys=keys, args=words))
        if found is None:
            return None
        was_seen, *fields = (None if part is None else part.decode() for part in found)
        return was_seen is not None, [_known(fields[at : at + 5]) for at in range(0, len(fields), 5)]


def _known(found: Sequence[str | None]) -> Known:
    status, *fields = found
    return Known(status_of(status), newest_of(fields))


def status_of(text: str | None) -> JobStatus | None:
    """Return a job's status, ``None`` where there is none that RQ knows."""
    try:
        return None if text is None else JobStatus(text)
    except ValueError:
        return None


def newest_of(fields: Sequence[str | None]) -> Newest | None:
    """Return the newest head that these fields (``HEAD_FIELDS``) tell, ``None`` where one is missing."""
    head, updated, job, generation = fields
    if head is None or updated is None or job is None or generation is None:
        return None
    return Newest(head, int(updated), job, int(generation))
