"""Missed deliveries are found in GitHub's record and taken in, each once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from rq.job import JobStatus

from app.github.api import Patience
from app.github.app_auth import Installations
from app.github.errors import GitHubError, LostError
from app.settings import Secret, Settings
from tests.standin.faults import Kind
from webhooks.deliveries import DONE, FAILED, OWN, Delivery
from webhooks.hooks import GitHubHooks, Sent
from webhooks.intake import Intake, Taken
from webhooks.jobs import Reconsider
from webhooks.payloads import PayloadError
from webhooks.queue import Put
from webhooks.recovery import Recovery

from .payloads import APP, HEAD, NEWER, WHERE, pulled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standin.apps import App
    from tests.standin.server import StandIn
    from webhooks.queue import JobQueue

    from .memory import Memory

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@dataclass
class Record:
    """GitHub's record in memory."""

    sent: list[Sent]
    payloads: dict[int, dict[str, Any]]
    asked: list[int]
    broken: bool = False

    def add(
        self,
        guid: str,
        payload: dict[str, Any] | None,
        *,
        age: float = 600,
        status: int = 0,
        event: str = "pull_request",
    ) -> None:
        number = len(self.sent) + 1
        at = NOW - timedelta(seconds=age)
        self.sent.append(Sent(id=number, guid=guid, delivered_at=at, event=event, status_code=status))
        if payload is not None:
            self.payloads[number] = payload

    def since(self, when: datetime) -> list[Sent]:
        if self.broken:
            raise LostError("GitHub gave no answer.")
        found = [sent for sent in self.sent if sent.delivered_at >= when]
        return sorted(found, key=lambda sent: (sent.delivered_at, sent.id))

    def payload(self, sent: Sent) -> dict[str, Any]:
        self.asked.append(sent.id)
        if sent.id not in self.payloads:
            raise PayloadError("GitHub does not have what it sent any more.")
        return self.payloads[sent.id]


@pytest.fixture
def record() -> Record:
    return Record([], {}, [])


@pytest.fixture
def recovery(record: Record, memory: Memory, queue: JobQueue) -> Recovery:
    return Recovery(record, memory, Intake(queue, APP, now=lambda: NOW), now=lambda: NOW)


def test_what_never_arrived_is_taken_in_once(recovery: Recovery, record: Record, queue: JobQueue) -> None:
    record.add("d-1", pulled("opened"))
    record.add("star", pulled("created"), event="star")
    assert recovery.look() == 1
    assert queue.rq.job_ids == ["d-1"]
    assert recovery.look() == 0
    assert record.asked == [1]


@pytest.mark.parametrize("status", [401, 500, 503])
def test_what_was_answered_with_an_error_is_taken_in(
    recovery: Recovery, record: Record, queue: JobQueue, status: int
) -> None:
    record.add("d-1", pulled("opened"), status=status)
    assert recovery.look() == 1
    assert queue.rq.job_ids == ["d-1"]


def test_what_was_recorded_is_left_alone(recovery: Recovery, record: Record, memory: Memory, queue: JobQueue) -> None:
    for id_, outcome in (("done", DONE), ("failed", FAILED), ("queued", None)):
        recovery.intake.take(
            "pull_request", id_, {**pulled("opened"), "repository": {"id": len(id_), "full_name": "o/r"}}
        )
        queue.outbox.drain(memory)
        if outcome:
            memory.done(id_, outcome)
        record.add(id_, pulled("opened"), status=202)
    before = queue.rq.job_ids
    assert recovery.look() == 0
    assert (record.asked, queue.rq.job_ids) == ([], before)


def test_what_redis_lost_is_taken_in_again_however_old(recovery: Recovery, record: Record, queue: JobQueue) -> None:
    recovery.look()
    old = Intake(queue, APP, now=lambda: NOW - timedelta(days=2))
    assert old.take("pull_request", "d-1", pulled("opened")) is Taken.QUEUED
    record.add("d-1", pulled("opened"), age=2 * 86_400, status=202)
    recovery.look()
    until = queue.redis.get("exogate:recovery:until")
    queue.redis.flushall()
    assert until is not None
    queue.redis.set("exogate:recovery:until", until)
    assert recovery.look() == 1
    assert queue.rq.job_ids == ["d-1"]


def test_what_redis_lost_of_the_dashboards_is_given_up(
    recovery: Recovery, record: Record, queue: JobQueue, memory: Memory
) -> None:
    """GitHub does not know of it, so it is not asked for all that it sent in days."""
    recovery.look()
    id_ = f"{OWN}1"
    asked = Delivery(id_, "dashboard", "says human", 5, 11, NOW - timedelta(hours=5), 1)
    assert queue.take(asked, [Reconsider(**{**WHERE, "delivery": id_}, number=1, head=HEAD, reason="x")]) == [
        Put.QUEUED
    ]
    record.add("old", pulled("opened"), age=86_400)
    assert recovery.look() == 0 and memory.outcome(id_) is None, "it waits"
    until = queue.redis.get("exogate:recovery:until")
    queue.redis.flushall()
    assert until is not None
    queue.redis.set("exogate:recovery:until", until)
    assert recovery.look() == 0
    assert (record.asked, memory.outcomes[id_]) == ([], [(FAILED, "Redis lost it before anybody did it. Ask again.")])


def test_what_is_on_its_way_is_waited_for(recovery: Recovery, record: Record) -> None:
    record.add("d-1", pulled("opened"), age=10)
    assert recovery.look() == 0
    assert record.asked == []


def test_of_several_attempts_one_is_taken_and_pushes_in_their_order(
    recovery: Recovery, record: Record, queue: JobQueue
) -> None:
    record.add("new", pulled("synchronize", NEWER, "2026-05-01T11:00:00Z"), age=500)
    record.add("old", pulled("opened", HEAD, "2026-05-01T10:00:00Z"), age=900)
    record.add("old", pulled("opened", HEAD, "2026-05-01T10:00:00Z"), age=300)
    assert recovery.look() == 2
    newest = queue.newest(Reconsider(**WHERE, number=1, head=HEAD, reason="r"))
    assert newest is not None
    assert newest.head == NEWER
    assert record.asked == [3, 1]


def test_what_does_not_fit_is_not_asked_for_again(recovery: Recovery, record: Record) -> None:
    record.add("gone", None)
    record.add("unfit", {**pulled("opened"), "pull_request": {}})
    record.add("../x", pulled("opened"))
    assert recovery.look() == 0
    assert recovery.look() == 0
    assert record.asked == [1, 2]


def test_a_look_that_broke_off_is_made_up_for(
    recovery: Recovery, record: Record, memory: Memory, queue: JobQueue
) -> None:
    later = replace(recovery, now=lambda: NOW + timedelta(hours=1))
    record.add("d-1", pulled("opened"))
    record.broken = True
    with pytest.raises(GitHubError):
        recovery.look()
    record.broken = False
    memory.away = True
    with pytest.raises(Exception, match="The ledger is locked"):
        recovery.look()
    memory.away = False
    assert later.look() == 1


def test_what_waits_in_the_outbox_was_not_missed(
    recovery: Recovery, record: Record, memory: Memory, queue: JobQueue
) -> None:
    recovery.intake.take("pull_request", "d-1", pulled("opened"))
    record.add("d-1", pulled("opened"), status=202)
    assert recovery.look() == 0
    assert (record.asked, list(memory.rows), len(queue.outbox)) == ([], ["d-1"], 0)


def test_a_job_that_somebody_removed_is_taken_in_again_though_the_delivery_was_seen(
    recovery: Recovery, record: Record, queue: JobQueue
) -> None:
    recovery.intake.take("pull_request", "d-1", pulled("opened"))
    record.add("d-1", pulled("opened"), status=202)
    job = queue.rq.fetch_job("d-1")
    assert job is not None
    job.delete()
    assert recovery.look() == 1
    assert queue.rq.job_ids == ["d-1"]


@pytest.mark.parametrize(("status", "outcome"), [(JobStatus.FINISHED, DONE), (JobStatus.FAILED, FAILED)])
def test_an_outcome_that_could_not_be_written_down_is(
    recovery: Recovery, record: Record, memory: Memory, queue: JobQueue, status: JobStatus, outcome: str
) -> None:
    recovery.intake.take("pull_request", "d-1", pulled("opened"))
    queue.rq.remove("d-1")
    job = queue.rq.fetch_job("d-1")
    assert job is not None
    job.set_status(status)
    assert recovery.look() == 0
    assert memory.outcome("d-1") == outcome
    recovery.look()
    assert len(memory.outcomes["d-1"]) == 1


def test_a_delivery_is_not_lost_while_one_of_its_jobs_is_on_its_way(
    recovery: Recovery, record: Record, memory: Memory, queue: JobQueue
) -> None:
    recovery.intake.take("pull_request", "d-1", pulled("opened"))
    queue.put(Reconsider(**WHERE, number=2, head=HEAD, reason="r"), "d-1_1")
    queue.rq.remove("d-1")
    job = queue.rq.fetch_job("d-1")
    assert job is not None
    job.set_status(JobStatus.FINISHED)
    record.add("d-1", pulled("opened"), status=202)
    assert recovery.look() == 0
    assert memory.outcome("d-1") is None


# From here on against the stand-in.


@pytest.fixture
def registered(standin: StandIn) -> App:
    return standin.world.app("exogate")


@pytest.fixture
def hooks(standin: StandIn, registered: App, tmp_path: Path) -> GitHubHooks:
    settings = Settings(tmp_path, api_url=standin.url, app_id=registered.id, private_key=Secret(registered.pem))
    clock = standin.world.clock
    patience = Patience(between_writes=0, sleep=clock.advance, now=lambda: clock.now)
    return GitHubHooks(Installations(settings, patience).as_app())


def test_githubs_record_is_read_page_by_page_and_no_further_than_needed(
    standin: StandIn, registered: App, hooks: GitHubHooks
) -> None:
    world = standin.world
    for number in range(230):
        world.clock.advance(1)
        world.deliver(registered, "pull_request", {"action": "opened", "number": number}, lost=True)
    first = datetime.fromisoformat(world.deliveries[0].delivered)
    found = hooks.since(first)
    assert [sent.guid for sent in found] == [made.guid for made in world.deliveries]
    assert {sent.status_code for sent in found} == {0}
    assert hooks.payload(found[7])["number"] == 7
    seen = len(standin.seen)
    assert len(hooks.since(first + timedelta(seconds=200))) == 30
    assert len(standin.seen) == seen + 1


def test_github_that_fails_is_asked_again(standin: StandIn, registered: App, hooks: GitHubHooks) -> None:
    standin.world.deliver(registered, "pull_request", pulled("opened"), lost=True)
    standin.fail(Kind.BAD_GATEWAY, "^GET /app/hook/deliveries$")
    assert len(hooks.since(datetime.fromtimestamp(0, UTC))) == 1


def test_a_delivery_that_never_arrived_is_recovered_from_github(
    standin: StandIn, registered: App, hooks: GitHubHooks, memory: Memory, queue: JobQueue
) -> None:
    made = standin.world.deliver(registered, "pull_request", pulled("opened"), lost=True)
    now = datetime.fromisoformat(made.delivered) + timedelta(minutes=5)
    recovery = Recovery(hooks, memory, Intake(queue, registered.id), now=lambda: now)
    assert recovery.look() == 1
    assert queue.rq.job_ids == [made.guid]
    assert recovery.look() == 0
