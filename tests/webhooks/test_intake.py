"""Queued and put into the outbox, each once; what could not be kept can be sent again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rq.job import JobStatus

from webhooks.deliveries import NOTHING, SUPERSEDED
from webhooks.hooks import KEPT
from webhooks.intake import AwayError, Intake, Taken
from webhooks.payloads import PayloadError
from webhooks.queue import JobQueue, delivery_of, job_ids
from webhooks.redis_connection import connect

from .payloads import APP, BOT, HEAD, NEWER, event, pulled

if TYPE_CHECKING:
    from tests.services.redis import RedisServer

    from .memory import Memory


@pytest.fixture
def intake(queue: JobQueue) -> Intake:
    return Intake(queue, APP)


def test_a_delivery_is_queued_once_and_goes_into_the_outbox(intake: Intake, memory: Memory, queue: JobQueue) -> None:
    opened = pulled("opened")
    assert intake.take("pull_request", "d-1", opened) is Taken.QUEUED
    assert intake.take("pull_request", "d-1", opened) is Taken.DUPLICATE
    assert queue.rq.job_ids == ["d-1"]
    assert queue.outbox.drain(memory) == 1
    row = memory.rows["d-1"]
    assert (row.event, row.action, row.installation, row.repository_id) == ("pull_request", "opened", 5, 11)
    assert memory.outcome("d-1") is None


def test_a_body_is_taken_as_what_it_says_is(intake: Intake, memory: Memory, queue: JobQueue) -> None:
    assert intake.take("pull_request", "d-1", json.dumps(pulled("opened")).encode()) is Taken.QUEUED
    intake.take("pull_request", "d-2", {**pulled("opened"), "repository": {"id": 12, "full_name": "octo/other"}})
    queue.outbox.drain(memory)
    first, second = memory.rows.values()
    assert replace(first, id="d-2", repository_id=12, received=second.received) == second


OF_ONE = {"number": 4, "head": {"sha": HEAD, "ref": "f"}, "base": {"sha": NEWER, "ref": "main"}}


@pytest.mark.parametrize(
    ("name", "payload", "number"),
    [
        ("pull_request", pulled("opened"), 1),
        ("pull_request", pulled("assigned"), 1),  # which asks for nothing
        ("pull_request_review", pulled("submitted"), 1),
        ("issue_comment", event("created", comment={"id": 1}, issue={"number": 3, "pull_request": {}}), 3),
        ("issue_comment", event("created", comment={"id": 1}, issue={"number": 3}), None),
        ("check_run", event("created", check_run={"app": {"id": 1}, "head_sha": HEAD, "pull_requests": [OF_ONE]}), 4),
        (
            "check_suite",
            event("requested", check_suite={"app": {"id": 1}, "head_sha": HEAD, "pull_requests": [OF_ONE, OF_ONE]}),
            None,
        ),
        ("pull_request", event("assigned"), None),  # of another form than we know
    ],
)
def test_a_delivery_is_kept_with_its_pull_request(
    intake: Intake, memory: Memory, queue: JobQueue, name: str, payload: dict[str, Any], number: int | None
) -> None:
    intake.take(name, "d-1", payload)
    queue.outbox.drain(memory)
    assert memory.rows["d-1"].number == number


def test_a_duplicate_of_what_was_done_is_not_done_again(intake: Intake, queue: JobQueue) -> None:
    """RQ forgets a job that ended well after a day."""
    intake.take("pull_request", "d-1", pulled("opened"))
    job = queue.rq.fetch_job("d-1")
    assert job is not None
    job.delete()
    assert intake.take("pull_request", "d-1", pulled("opened")) is Taken.DUPLICATE
    assert queue.rq.count == 0
    assert len(queue.outbox) == 1
    left = queue.redis.ttl("exogate:seen:d-1")
    assert isinstance(left, int)
    assert left > KEPT.total_seconds()


def test_what_redis_lost_is_queued_when_it_comes_again(intake: Intake, queue: JobQueue) -> None:
    intake.take("pull_request", "d-1", pulled("opened"))
    queue.redis.flushall()
    assert intake.take("pull_request", "d-1", pulled("opened")) is Taken.QUEUED
    assert queue.rq.job_ids == ["d-1"]


def test_what_failed_is_queued_when_it_comes_again(intake: Intake, queue: JobQueue) -> None:
    intake.take("pull_request", "d-1", pulled("opened"))
    job = queue.rq.fetch_job("d-1")
    assert job is not None
    queue.rq.remove("d-1")
    job.set_status(JobStatus.FAILED)
    assert intake.take("pull_request", "d-1", pulled("opened")) is Taken.QUEUED
    assert queue.rq.job_ids == ["d-1"]


def test_what_an_older_version_queued_is_not_queued_again(intake: Intake, queue: JobQueue, memory: Memory) -> None:
    intake.take("pull_request", "d-1", pulled("opened"))
    queue.redis.delete("exogate:seen:d-1", queue.outbox.key)
    assert intake.take("pull_request", "d-1", pulled("opened")) is Taken.DUPLICATE
    assert queue.rq.job_ids == ["d-1"]
    queue.outbox.drain(memory)
    assert list(memory.rows) == ["d-1"]


def test_while_redis_is_away_nothing_is_taken_and_the_next_attempt_is(own_redis: RedisServer) -> None:
    queue = JobQueue(connect(own_redis.url))
    intake = Intake(queue, APP)
    own_redis.stop()
    with pytest.raises(AwayError, match="Redis does not answer"):
        intake.take("pull_request", "d-1", pulled("opened"))
    own_redis.start()
    assert intake.take("pull_request", "d-1", pulled("opened")) is Taken.QUEUED


def test_what_asks_for_nothing_is_recorded_once_and_what_is_not_listened_to_is_not(
    intake: Intake, memory: Memory, queue: JobQueue
) -> None:
    labeled = pulled("labeled", label={"name": "x"}, sender=BOT)
    assert intake.take("pull_request", "d-1", labeled) is Taken.NOTHING
    assert intake.take("pull_request", "d-1", labeled) is Taken.DUPLICATE
    assert intake.take("star", "d-2", event("created")) is Taken.UNKNOWN
    queue.outbox.drain(memory)
    assert list(memory.rows) == ["d-1"]
    assert memory.outcomes == {"d-1": [(NOTHING, "")]}


def test_what_does_not_fit_is_neither_recorded_nor_queued(intake: Intake, queue: JobQueue) -> None:
    with pytest.raises(PayloadError):
        intake.take("pull_request", "d-1", {**pulled("opened"), "pull_request": {}})
    assert queue.rq.count == len(queue.outbox) == 0


def test_a_late_delivery_ends_as_superseded(intake: Intake, memory: Memory, queue: JobQueue) -> None:
    intake.take("pull_request", "new", pulled("synchronize", NEWER, "2026-05-01T11:00:00Z"))
    assert intake.take("pull_request", "late", pulled("opened", HEAD, "2026-05-01T10:00:00Z")) is Taken.SUPERSEDED
    queue.outbox.drain(memory)
    assert memory.outcomes["late"] == [(SUPERSEDED, "a newer head was asked for")]


def test_a_delivery_with_several_jobs_has_an_id_for_each(intake: Intake, queue: JobQueue) -> None:
    pulls = [
        {"number": number, "head": {"sha": HEAD, "ref": "f"}, "base": {"sha": NEWER, "ref": "main"}}
        for number in (1, 2)
    ]
    suite = event("requested", check_suite={"app": {"id": APP}, "head_sha": HEAD, "pull_requests": pulls})
    assert intake.take("check_suite", "d-1", suite) is Taken.QUEUED
    assert queue.rq.job_ids == ["d-1", "d-1_1"]
    assert intake.take("check_suite", "d-1", suite) is Taken.DUPLICATE
    assert queue.others_of("d-1") == {"d-1_1"}
    assert queue.others_of("d-1_1") == {"d-1"}
    assert job_ids("d", 0) == []
    assert [delivery_of(id_) for id_ in job_ids("d-1", 3)] == ["d-1"] * 3
