"""Written in one stroke, and only where it is as it was known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rq.job import JobStatus

from webhooks.guarded_write import GuardedWrite, Known
from webhooks.heads import Newest
from webhooks.jobs import ReviewHead
from webhooks.queue import JobQueue, Put

from .payloads import HEAD, NEWER, WHERE

if TYPE_CHECKING:
    from redis import Redis

REVIEW = ReviewHead(**WHERE, number=1, head=HEAD, base_ref="main", reason="r", updated=100)
NEWEST = Newest(HEAD, 100, "d-1", 1)


def write(redis: Redis, known: Known) -> Known | None:
    """Write a mark where all is as *known*."""
    commands = redis.pipeline()
    commands.set("mark", "made")
    commands.hset("other", mapping={"a": 1, "b": b"\x00\xff"})
    return GuardedWrite(redis)("job", "head", known, commands, None)


def prepare(redis: Redis, *, status: str = "failed", **head: str | int) -> None:
    redis.hset("job", "status", status)
    fields = {"head": HEAD, "updated": 100, "job": "d-1", "generation": 1, **head}
    redis.hset("head", mapping={name: str(value) for name, value in fields.items()})


def test_what_is_as_known_is_written_whole(redis: Redis) -> None:
    assert write(redis, Known()) is None
    assert redis.get("mark") == b"made"
    assert redis.hgetall("other") == {b"a": b"1", b"b": b"\x00\xff"}


def test_what_is_not_is_told_and_nothing_is_written(redis: Redis) -> None:
    prepare(redis)
    found = write(redis, Known())
    assert found == Known(JobStatus.FAILED, NEWEST)
    assert redis.get("mark") is None
    assert write(redis, found) is None
    assert redis.get("mark") == b"made"


def test_every_field_counts(redis: Redis) -> None:
    known = Known(JobStatus.FAILED, NEWEST)
    for change in ({"status": "queued"}, {"head": NEWER}, {"updated": 101}, {"job": "d-2"}, {"generation": 2}):
        prepare(redis, **change)
        assert write(redis, known) not in (None, known), change
        assert redis.get("mark") is None
    prepare(redis)
    assert write(redis, known) is None


def test_a_new_job_costs_one_round_trip_and_a_push_two(redis: Redis, queue: JobQueue) -> None:
    queue.put(REVIEW, "warm")  # the script is there now
    for number, (work, trips) in enumerate(
        [(replace(REVIEW, number=2), 1), (replace(REVIEW, head=NEWER, updated=200), 2)]
    ):
        redis.config_resetstat()
        assert queue.put(work, f"d-{number}") is Put.QUEUED
        calls = {name: stat["calls"] for name, stat in redis.info("commandstats").items()}
        assert calls["cmdstat_evalsha"] == trips
        assert not {"cmdstat_watch", "cmdstat_multi", "cmdstat_eval"} & set(calls)
