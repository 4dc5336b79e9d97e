"""Jobs in a real Redis: each once, one review a head, one job a pull request at a time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from rq.job import JobStatus
from rq.rate_limit import RateLimitRegistry, release_slot

from webhooks.hook_job import FUNCTION, HookJob, work_of
from webhooks.jobs import Command, GroupGone, Job, JobError, Reconsider, ReviewHead, to_json
from webhooks.queue import JobQueue, Put
from webhooks.redis_connection import QueueError, connect, shown

from .payloads import HEAD, NEWER, WHERE

if TYPE_CHECKING:
    from redis import Redis

    from tests.services.redis import RedisServer

REVIEW = ReviewHead(**WHERE, number=1, head=HEAD, base_ref="main", reason="r", updated=100)
PUSH = replace(REVIEW, head=NEWER, updated=200)
RECONSIDER = Reconsider(**WHERE, number=1, head=HEAD, reason="r")


def fetch(queue: JobQueue, id_: str) -> HookJob:
    job = queue.rq.fetch_job(id_)
    assert isinstance(job, HookJob)
    return job


def end(queue: JobQueue, id_: str, status: JobStatus = JobStatus.FINISHED) -> None:
    """End a job as a worker does."""
    job = fetch(queue, id_)
    queue.rq.remove(id_)
    job.set_status(status)
    release_slot(job)


def test_a_job_is_there_once_as_json(queue: JobQueue) -> None:
    assert queue.put(REVIEW, "d-1") is Put.QUEUED
    assert queue.put(REVIEW, "d-1") is Put.THERE
    assert queue.rq.job_ids == ["d-1"]
    job = fetch(queue, "d-1")
    assert json.loads(job.data) == [FUNCTION, None, [to_json(REVIEW)], {}]
    assert work_of(job) == REVIEW
    assert job.description == f"review: octo/shop#1 at {HEAD[:7]}"


def test_a_job_that_ended_well_is_not_put_there_again(queue: JobQueue) -> None:
    queue.put(REVIEW, "d-1")
    end(queue, "d-1")
    assert queue.put(REVIEW, "d-1") is Put.THERE


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED])
def test_a_job_that_failed_can_be_put_there_again(queue: JobQueue, status: JobStatus) -> None:
    queue.put(REVIEW, "d-1")
    end(queue, "d-1", status)
    queue.redis.zadd(queue.rq.failed_job_registry.key, {"d-1": 9e9})
    assert queue.put(REVIEW, "d-1") is Put.QUEUED
    assert queue.rq.job_ids == ["d-1"]
    assert queue.depth()["failed"] == 0


GROUP = replace(REVIEW, number=None, base=NEWER)
DESTROYED = GroupGone(**{**WHERE, "delivery": "d-2"}, head=HEAD, reason="dequeued")


def test_a_merge_group_that_is_gone_has_its_review_stopped(queue: JobQueue) -> None:
    assert queue.put(GROUP, "d-1") is Put.QUEUED
    assert queue.superseded(GROUP, "d-1") is None
    assert queue.put(DESTROYED, "d-2") is Put.QUEUED
    assert "nobody waits" in (queue.superseded(GROUP, "d-1") or "")
    other = replace(GROUP, head=NEWER)
    assert queue.put(other, "d-3") is Put.QUEUED
    assert queue.superseded(other, "d-3") is None


def test_a_merge_group_that_is_heard_of_after_its_end_is_not_reviewed(queue: JobQueue) -> None:
    assert queue.put(DESTROYED, "d-2") is Put.QUEUED
    assert queue.put(GROUP, "d-1") is Put.GONE
    left = queue.redis.ttl(f"exogate:head:{GROUP.lane}")
    assert isinstance(left, int) and 3 * 86_400 < left <= 4 * 86_400, "and no longer: a busy queue has many groups"
    assert queue.put(DESTROYED, "d-2") is Put.THERE
    assert queue.rq.job_ids == ["d-2"]


def test_a_merge_group_may_be_asked_for_twice(queue: JobQueue) -> None:
    assert [queue.put(GROUP, "d-1"), queue.put(GROUP, "d-4")] == [Put.QUEUED, Put.QUEUED]


def test_of_many_at_once_one_puts_it_there(queue: JobQueue) -> None:
    with ThreadPoolExecutor(8) as pool:
        put = list(pool.map(lambda _: queue.put(REVIEW, "d-1"), range(32)))
    assert sorted(put, key=str).count(Put.QUEUED) == 1
    assert queue.rq.job_ids == ["d-1"]


def test_of_many_pushes_at_once_the_newest_is_known(queue: JobQueue) -> None:
    pushes = [replace(REVIEW, head=f"{number:040x}", updated=number) for number in range(1, 25)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda push: queue.put(push, f"d-{push.updated}"), pushes))
    newest = queue.newest(REVIEW)
    assert newest is not None
    assert (newest.head, newest.updated, newest.job) == (f"{24:040x}", 24, "d-24")


def test_one_job_of_a_pull_request_at_a_time_in_order(queue: JobQueue) -> None:
    names = ["z", "m", "a", "q", "b"]  # not by name, and all within one second
    for name in names:
        assert queue.put(RECONSIDER, name) is Put.QUEUED
    assert queue.put(replace(RECONSIDER, number=2), "other") is Put.QUEUED
    assert queue.rq.job_ids == ["z", "other"]
    done = []
    while first := [id_ for id_ in queue.rq.job_ids if id_ != "other"]:
        (id_,) = first
        done.append(id_)
        end(queue, id_)
    assert done == names


def test_the_order_does_not_hang_on_the_clock(redis: Redis) -> None:
    ticks = count(1_000_000_000)
    queue = JobQueue(redis, now=lambda: float(next(ticks)))
    for name in ("c", "b", "a"):
        queue.put(RECONSIDER, name)
    (lane,) = RateLimitRegistry.all(redis)
    assert lane.get_rate_limited_job_ids() == ["b", "a"]


def test_a_push_supersedes_the_older_head(queue: JobQueue) -> None:
    assert queue.put(REVIEW, "old") is Put.QUEUED
    assert queue.superseded(REVIEW, "old") is None
    assert queue.put(PUSH, "new") is Put.QUEUED
    assert queue.superseded(REVIEW, "old") == f"A newer head was asked for: {NEWER[:7]} instead of {HEAD[:7]}."
    assert queue.superseded(PUSH, "new") is None
    assert queue.superseded(RECONSIDER, "r") == f"A newer head was asked for: {NEWER[:7]} instead of {HEAD[:7]}."


def test_a_delivery_that_is_late_does_not(queue: JobQueue) -> None:
    queue.put(PUSH, "new")
    assert queue.put(REVIEW, "late") is Put.STALE
    assert queue.rq.job_ids == ["new"]
    assert queue.superseded(PUSH, "new") is None


def test_a_head_is_reviewed_once_and_again_when_asked(queue: JobQueue) -> None:
    queue.put(REVIEW, "push")
    suite = replace(REVIEW, updated=0)
    assert queue.put(suite, "suite") is Put.SAME
    assert queue.put(replace(suite, again=True), "again") is Put.QUEUED
    assert queue.superseded(REVIEW, "push") == f"A newer review of {HEAD[:7]} was asked for."
    newest = queue.newest(REVIEW)
    assert newest is not None
    assert (newest.job, newest.generation) == ("again", 2)


def test_a_head_whose_review_failed_can_be_reviewed_by_another_delivery(queue: JobQueue) -> None:
    queue.put(REVIEW, "push")
    end(queue, "push", JobStatus.FAILED)
    assert queue.put(replace(REVIEW, updated=0), "suite") is Put.QUEUED


def test_what_a_person_said_is_never_superseded(queue: JobQueue) -> None:
    queue.put(PUSH, "new")
    said = Command(**WHERE, number=1, comment_id=9, actor="ada", text="/exogate rerun")
    assert queue.superseded(said, "said") is None


def test_merge_groups_have_no_newest_head(queue: JobQueue) -> None:
    groups = [replace(REVIEW, number=None, head=head) for head in (HEAD, NEWER)]
    for number, group in enumerate(groups):
        assert queue.put(group, f"g-{number}") is Put.QUEUED
        assert queue.superseded(group, f"g-{number}") is None
    assert queue.rq.job_ids == ["g-0", "g-1"]


def test_depth(queue: JobQueue) -> None:
    queue.put(REVIEW, "a")
    queue.put(RECONSIDER, "b")
    assert queue.depth() == {"queued": 1, "waiting": 1, "scheduled": 0, "started": 0, "failed": 0}
    assert queue.live() == {"a", "b"}
    end(queue, "a")
    assert queue.live() == {"b"}


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.STARTED, JobStatus.SCHEDULED, JobStatus.RATE_LIMITED])
def test_a_job_that_no_worker_will_come_upon_can_be_put_there_again(queue: JobQueue, status: JobStatus) -> None:
    """RQ writes that a job is scheduled before it schedules it; a worker may die in between."""
    queue.put(REVIEW, "d-1")
    queue.rq.remove("d-1")
    fetch(queue, "d-1").set_status(status)
    assert queue.live() == set()
    assert queue.put(REVIEW, "d-1") is Put.QUEUED
    assert queue.rq.job_ids == ["d-1"]


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("os.system", ["touch called"]),
        ("os.system", [to_json(REVIEW)]),
        (FUNCTION, []),
        (FUNCTION, ["x"]),
        (FUNCTION, [{**to_json(REVIEW), "job": "x"}]),
    ],
)
def test_what_is_none_of_our_jobs_is_refused(queue: JobQueue, function: str, args: list[object]) -> None:
    job = queue.rq.enqueue_call(function, args=args)
    with pytest.raises(JobError):
        work_of(job)


def test_jobs_and_heads_survive_kill_9_of_redis(own_redis: RedisServer) -> None:
    before = JobQueue(own_redis.connection())
    jobs: list[Job] = [REVIEW, RECONSIDER, replace(REVIEW, number=2)]
    for number, job in enumerate(jobs):
        before.put(job, f"d-{number}")
    own_redis.kill()
    own_redis.start()
    queue = JobQueue(own_redis.connection())
    assert queue.rq.job_ids == ["d-0", "d-2"]
    assert queue.depth()["waiting"] == 1
    assert [queue.put(job, f"d-{number}") for number, job in enumerate(jobs)] == [Put.THERE] * 3
    assert queue.newest(REVIEW) == before.newest(REVIEW)


def test_a_redis_that_is_away_is_said_at_once(own_redis: RedisServer) -> None:
    queue = JobQueue(connect(own_redis.url))
    own_redis.stop()
    with pytest.raises(RedisConnectionError):
        queue.put(REVIEW, "d-1")
    own_redis.start()
    assert queue.put(REVIEW, "d-1") is Put.QUEUED


def test_no_password_is_shown() -> None:
    assert shown("rediss://me:secret@h:1/0?password=secret") == "rediss://h:1/0"
    with pytest.raises(QueueError) as error:
        connect("redis://me:secret@h:port/0")
    assert "secret" not in str(error.value)


def test_a_worker_that_was_killed_while_it_looked_after_others_is_not_waited_for_long(queue: JobQueue) -> None:
    assert queue.rq.acquire_maintenance_lock()
    assert not queue.rq.acquire_maintenance_lock()
    left = queue.redis.ttl(queue.rq.registry_cleaning_key)
    assert isinstance(left, int)
    assert 0 < left <= 20
    queue.rq.release_maintenance_lock()
    assert queue.rq.acquire_maintenance_lock()
