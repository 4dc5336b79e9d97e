"""Check runs that were left open are closed; those of work that goes on are not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from rq.job import JobStatus
from rq.rate_limit import release_slot

from app.github.errors import DeniedError, GitHubError, MissingError
from app.ledger.ledger import Ledger
from tests.app.github.conftest import app, installation, installations, patience, settings
from webhooks.checks import LedgerChecks
from webhooks.jobs import Command, Installed, Job, Reconsider, ReviewHead
from webhooks.reaper import IDLE, REASON, OpenCheck, Reaper

from .payloads import HEAD, NEWER, WHERE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.standin.apps import Installation
    from tests.standin.server import StandIn
    from tests.standin.world import Pull, Repository
    from webhooks.queue import JobQueue

__all__ = ["app", "installation", "installations", "patience", "settings"]

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
CHECK = OpenCheck("x-1", 7, 5, 11, "octo/shop", HEAD)
REVIEW = ReviewHead(**WHERE, number=1, head=HEAD, base_ref="main", reason="r", updated=100)


@dataclass
class Checks:
    """Check runs in memory."""

    open: list[OpenCheck]
    error: GitHubError | None = None
    closed: list[str] = field(default_factory=list)

    def older_than(self, when: datetime) -> Sequence[OpenCheck]:
        assert when == NOW - IDLE
        return list(self.open)

    def close(self, check: OpenCheck, reason: str) -> None:
        if self.error is not None:
            raise self.error
        self.closed.append(reason)
        self.forget(check)

    def forget(self, check: OpenCheck) -> None:
        self.open.remove(check)


def reaper(checks: Checks, queue: JobQueue) -> Reaper:
    return Reaper(checks, queue, now=lambda: NOW)


def test_what_nobody_is_at_work_on_is_closed_with_the_reason(queue: JobQueue) -> None:
    checks = Checks([CHECK])
    assert reaper(checks, queue).look() == 1
    assert checks.closed == [REASON]
    assert reaper(checks, queue).look() == 0


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.STARTED, JobStatus.SCHEDULED])
def test_what_will_go_on_is_not_closed(queue: JobQueue, status: JobStatus) -> None:
    queue.put(REVIEW, "d-1")
    rq = queue.rq
    job = rq.fetch_job("d-1")
    assert job is not None
    if status is not JobStatus.QUEUED:
        rq.remove("d-1")
        job.set_status(status)
    if status is JobStatus.STARTED:
        queue.redis.zadd(rq.started_job_registry.key, {"d-1:x": 9e9})
    if status is JobStatus.SCHEDULED:
        release_slot(job)
        queue.redis.zadd(rq.scheduled_job_registry.key, {"d-1": 9e9})
    assert reaper(Checks([CHECK]), queue).look() == 0


def test_what_waits_for_its_turn_is_busy(queue: JobQueue) -> None:
    said = Command(**WHERE, number=1, comment_id=1, actor="ada", text="/exogate rerun")
    works: list[Job] = [REVIEW, Reconsider(**WHERE, number=1, head=NEWER, reason="r"), said]
    works.append(Installed(5, "octo", "created", (), "d"))
    for number, work in enumerate(works):
        queue.put(work, f"d-{number}")
    queue.rq.enqueue_call("os.system", args=["x"])
    assert queue.busy_heads() == {(11, HEAD), (11, NEWER)}


def test_what_ended_is_not_busy(queue: JobQueue) -> None:
    queue.put(REVIEW, "d-1")
    queue.rq.remove("d-1")
    job = queue.rq.fetch_job("d-1")
    assert job is not None
    job.set_status(JobStatus.FAILED)
    release_slot(job)
    assert queue.busy_heads() == set()


def test_what_github_does_not_let_us_close_is_tried_again(queue: JobQueue) -> None:
    checks = Checks([CHECK], DeniedError("no"))
    assert reaper(checks, queue).look() == 0
    assert checks.open == [CHECK]


def test_what_is_gone_is_forgotten(queue: JobQueue) -> None:
    checks = Checks([CHECK], MissingError("gone"))
    reaper(checks, queue).look()
    assert checks.open == []


# From here on against the stand-in and the ledger.


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite3", now=lambda: NOW - timedelta(hours=1))


@pytest.mark.parametrize("is_noted", [True, False])
def test_a_check_run_left_in_progress_is_completed_on_github(
    standin: StandIn,
    pull: Pull,
    installation: Installation,
    installations: Any,
    settings: Any,
    ledger: Ledger,
    queue: JobQueue,
    is_noted: bool,
) -> None:
    from app.github.checks import CheckRuns

    repository = standin.world.repositories["octo/shop"]
    head = repository.git("rev-parse", "refs/pull/1/head").strip()
    runs = CheckRuns(installations.api(installation.id, "octo/shop"), "octo/shop", settings.app_id)
    made = runs.start(head, "x-1", summary="Judging.")
    ledger.check(
        repository.id,
        head,
        "x-1",
        made.id if is_noted else None,
        "in_progress",
        installation=installation.id,
        repository="octo/shop",
    )
    checks = LedgerChecks(ledger, installations, settings.app_id)
    assert Reaper(checks, queue, now=lambda: NOW).look() == 1
    there = runs.get(made.id)
    assert (there.status, there.conclusion) == ("completed", "neutral")
    assert Reaper(checks, queue, now=lambda: NOW).look() == 0


def test_a_check_run_that_was_never_made_is_forgotten(
    project: Repository,
    pull: Pull,
    installation: Installation,
    installations: Any,
    settings: Any,
    ledger: Ledger,
    queue: JobQueue,
) -> None:
    ledger.check(project.id, HEAD, "x-1", None, "queued", installation=installation.id, repository="octo/shop")
    checks = LedgerChecks(ledger, installations, settings.app_id)
    Reaper(checks, queue, now=lambda: NOW).look()
    assert checks.older_than(NOW) == []
