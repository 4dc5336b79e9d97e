"""Commands that Redis carries out in one stroke, where a job and its pull request's newest head are as was known.

A script and no WATCH: one round trip where nobody else wrote, and another where the knowledge was old. Who knows
nothing yet begins with that: a new job mostly finds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from rq.job import JobStatus
from rq.rate_limit import ACQUIRE_AND_ENQUEUE_SCRIPT

from webhooks.heads import Newest

if TYPE_CHECKING:
    from redis import Redis
    from redis.client import Pipeline
    from redis.commands.core import Script

HEAD_FIELDS = ("head", "updated", "job", "generation")

# KEYS: the job, the newest head ('' where there is none), and RQ's two of the lane. ARGV: the job's status and the
# head's fields as they were known, five for RQ's script ('' for the first where no job is written), and the commands,
# each after the number of its words. RQ's own script is carried out last, as RQ would.
_SCRIPT = f"""
local function acquire(KEYS, ARGV) {ACQUIRE_AND_ENQUEUE_SCRIPT} end
local found = {{redis.call('HGET', KEYS[1], 'status'), false, false, false, false}}
if KEYS[2] ~= '' then
    local head = redis.call('HMGET', KEYS[2], 'head', 'updated', 'job', 'generation')
    for i = 1, 4 do found[i + 1] = head[i] end
end
for i = 1, 5 do
    if (found[i] or '') ~= ARGV[i] then return found end
end
local at = 11
while at <= #ARGV do
    local words = tonumber(ARGV[at])
    redis.call(unpack(ARGV, at + 1, at + words))
    at = at + words + 1
end
if ARGV[6] ~= '' then acquire({{KEYS[3], KEYS[4]}}, {{unpack(ARGV, 6, 10)}}) end
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
class GuardedWrite:
    """Writes on one Redis."""

    redis: Redis

    @cached_property
    def _script(self) -> Script:
        return self.redis.register_script(_SCRIPT)

    def __call__(
        self, job_key: str, head_key: str, known: Known, commands: Pipeline, acquire: Acquire | None
    ) -> Known | None:
        """Carry *commands* out where all is as *known*; otherwise nothing, and return how it is.

        *commands* were put into a pipeline, which is never executed itself. Raises ``RedisError``.
        """
        lane = ("", "") if acquire is None else (acquire.allowed_key, acquire.waiting_key)
        words: list[Any] = [*known.words, *(("",) * 5 if acquire is None else acquire.words)]
        for args, _ in commands.command_stack:
            words += (len(args), *args)
        found = self._script(keys=[job_key, head_key, *lane], args=words)
        return None if found is None else _known(cast("Sequence[bytes | None]", found))


def _known(found: Sequence[bytes | None]) -> Known:
    status, *fields = (None if part is None else part.decode() for part in found)
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
