"""Written in one stroke, and only where it is as it was known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rq.job import JobStatus

from webhooks.guarded_write import NO_RECEIPT, GuardedWrite, JobWrite, Known, Receipt
from webhooks.heads import Newest
from webhooks.jobs import ReviewHead
from webhooks.queue import JobQueue, Put

from .payloads import HEAD, NEWER, WHERE

if TYPE_CHECKING:
    from redis import Redis

REVIEW = ReviewHead(**WHERE, number=1, head=HEAD, base_ref="main", reason="r", updated=100)
NEWEST = Newest(HEAD, 100, "d-1", 1)


RECEIPT = Receipt("seen", "outbox", "row", 60)


def write(redis: Redis, known: Known, receipt: Receipt = NO_RECEIPT, *, seen: bool = False) -> Known | None:
    """Write a mark where all is as *known*."""
    commands = [("SET", "mark", "made"), ("HSET", "other", "a", "1", "b", "\u00e4")]
    found = GuardedWrite(redis)([JobWrite("job", "head", known, commands)], receipt, seen=seen)
    return None if found is None else found[1][0]


def prepare(redis: Redis, *, status: str = "failed", **head: str | int) -> None:
    redis.hset("job", "status", status)
    fields = {"head": HEAD, "updated": 100, "job": "d-1", "generation": 1, **head}
    redis.hset("head", mapping={name: str(value) for name, value in fields.items()})


def test_what_is_as_known_is_written_whole(redis: Redis) -> None:
    assert write(redis, Known()) is None
    assert redis.get("mark") == b"made"
    assert redis.hgetall("other") == {b"a": b"1", b"b": "\u00e4".encode()}


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


def test_a_receipt_is_written_with_the_jobs_or_not_at_all(redis: Redis) -> None:
    prepare(redis)
    assert write(redis, Known(), RECEIPT) is not None
    assert set(redis.keys()) <= {b"job", b"head"}
    assert write(redis, Known(JobStatus.FAILED, NEWEST), RECEIPT) is None
    assert [fields for _, fields in redis.xrange("outbox")] == [{b"delivery": b"row"}]
    assert 0 < redis.ttl("seen") <= 60


def test_whether_it_was_seen_counts(redis: Redis) -> None:
    assert GuardedWrite(redis)([], RECEIPT) is None
    assert GuardedWrite(redis)([], RECEIPT) == (True, [])
    assert write(redis, Known(), RECEIPT) == Known()
    assert redis.get("mark") is None
    assert write(redis, Known(), RECEIPT, seen=True) is None


def test_of_several_jobs_all_are_written_or_none(redis: Redis) -> None:
    redis.hset("second", "status", "queued")
    writes = [JobWrite(key, "", Known(), [("SET", f"mark-{key}", "x")]) for key in ("first", "second")]
    assert GuardedWrite(redis)(writes) == (False, [Known(), Known(JobStatus.QUEUED)])
    assert redis.keys("mark-*") == []
    redis.delete("second")
    assert GuardedWrite(redis)(writes) is None
    assert sorted(redis.keys("mark-*")) == [b"mark-first", b"mark-second"]


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
