"""Recorded, then queued, each once; what could not be kept can be sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from webhooks.deliveries import FAILED, NOTHING, SUPERSEDED
from webhooks.intake import AwayError, Intake, Taken
from webhooks.payloads import PayloadError
from webhooks.queue import JobQueue, delivery_of, job_ids
from webhooks.redis_connection import connect

from .payloads import APP, BOT, HEAD, NEWER, event, pulled

if TYPE_CHECKING:
    from tests.services.redis import RedisServer

    from .memory import Memory


@pytest.fixture
def intake(memory: Memory, queue: JobQueue) -> Intake:
    return Intake(memory, queue, APP)


def test_a_delivery_is_recorded_and_queued_once(intake: Intake, memory: Memory, queue: JobQueue) -> None:
    opened = pulled("opened")
    assert intake.take("pull_request", "d-1", opened) is Taken.QUEUED
    assert intake.take("pull_request", "d-1", opened) is Taken.DUPLICATE
    assert queue.rq.job_ids == ["d-1"]
    row = memory.rows["d-1"]
    assert (row.event, row.action, row.installation, row.repository_id) == ("pull_request", "opened", 5, 11)


def test_a_duplicate_of_what_was_done_is_not_done_again(intake: Intake, memory: Memory, queue: JobQueue) -> None:
    intake.take("pull_request", "d-1", pulled("opened"))
    memory.done("d-1", "done")
    queue.redis.flushall()
    assert intake.take("pull_request", "d-1", pulled("opened")) is Taken.DUPLICATE
    assert queue.rq.count == 0


@pytest.mark.parametrize("outcome", [None, FAILED])
def test_what_was_lost_or_failed_is_queued_when_it_comes_again(
    intake: Intake, memory: Memory, queue: JobQueue, outcome: str | None
) -> None:
    intake.take("pull_request", "d-1", pulled("opened"))
    if outcome:
        memory.done("d-1", outcome)
    queue.redis.flushall()
    assert intake.take("pull_request", "d-1", pulled("opened")) is Taken.QUEUED
    assert queue.rq.job_ids == ["d-1"]


def test_while_redis_is_away_nothing_is_taken_and_the_next_attempt_is(memory: Memory, own_redis: RedisServer) -> None:
    queue = JobQueue(connect(own_redis.url))
    intake = Intake(memory, queue, APP)
    own_redis.stop()
    with pytest.raises(AwayError, match="Redis does not answer"):
        intake.take("pull_request", "d-1", pulled("opened"))
    assert "d-1" in memory.rows
    own_redis.start()
    assert intake.take("pull_request", "d-1", pulled("opened")) is Taken.QUEUED


def test_while_the_ledger_is_away_nothing_is_queued(intake: Intake, memory: Memory, queue: JobQueue) -> None:
    memory.away = True
    with pytest.raises(AwayError, match="The ledger does not take it: The ledger is locked"):
        intake.take("pull_request", "d-1", pulled("opened"))
    assert queue.rq.count == 0
    memory.away = False
    assert intake.take("pull_request", "d-1", pulled("opened")) is Taken.QUEUED


def test_what_asks_for_nothing_is_recorded_and_what_is_not_listened_to_is_not(intake: Intake, memory: Memory) -> None:
    assert intake.take("pull_request", "d-1", pulled("labeled", label={"name": "x"}, sender=BOT)) is Taken.NOTHING
    assert memory.outcome("d-1") == NOTHING
    assert intake.take("star", "d-2", event("created")) is Taken.UNKNOWN
    assert list(memory.rows) == ["d-1"]


def test_what_does_not_fit_is_neither_recorded_nor_queued(intake: Intake, memory: Memory) -> None:
    with pytest.raises(PayloadError):
        intake.take("pull_request", "d-1", {**pulled("opened"), "pull_request": {}})
    assert not memory.rows


def test_a_late_delivery_ends_as_superseded(intake: Intake, memory: Memory) -> None:
    intake.take("pull_request", "new", pulled("synchronize", NEWER, "2026-05-01T11:00:00Z"))
    assert intake.take("pull_request", "late", pulled("opened", HEAD, "2026-05-01T10:00:00Z")) is Taken.SUPERSEDED
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
