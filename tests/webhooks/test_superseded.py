"""A push while the gates of an older head are at work: a real worker, Redis, git and sandbox; GitHub stands in."""

from __future__ import annotations

import importlib.util
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import Repo
from tests.gates.sandbox.attacks.probes import processes_with
from tests.standin.fixtures import work
from webhooks.deliveries import DONE, SUPERSEDED
from webhooks.jobs import GroupGone, ReviewHead
from webhooks.queue import JobQueue, Put

from .processes import Host, until

if TYPE_CHECKING:
    from tests.services.redis import RedisServer
    from tests.standin.server import StandIn
    from tests.standin.world import Pull, Repository

__all__ = ["work"]
pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(importlib.util.find_spec("sqlalchemy") is None, reason="needs: pip install 'exogate[app]'"),
]

# Far longer than a test waits: a head that holds the file ends because it is stopped, or not at all.
HOLDS = 'if [ -e slow ]; then sleep 900 & exec sh -c "sleep 900; :" {word}; fi'


@pytest.fixture
def word() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def app_host(
    tmp_path: Path, standin: StandIn, project: Repository, pull: Pull, work: Repo, shared_redis: RedisServer, word: str
) -> Iterator[Host]:
    """A machine with the App on it, whose policy runs one command."""
    gate = {"level": "block", "settings": {"run": HOLDS.format(word=word), "seconds": 900}}
    policy = json.dumps({"gates": {"command": gate}, "budget": {"seconds": 900}})
    work.git("checkout", "--quiet", "main")
    work.commit({".github/exogate.yml": policy}, "A policy")
    work.git("push", "--quiet", str(project.directory), "main")
    work.git("checkout", "--quiet", "-B", "feature", "main")
    standin.world.clock.use_real_time()
    app = standin.world.app("exogate")
    installed = standin.world.install(app, "octo")
    made = Host(
        tmp_path / "host",
        shared_redis.url,
        EXOGATE_PERFORMER="webhooks.performer:performer",
        GITHUB_API_URL=standin.url,
        GITHUB_SERVER_URL=standin.url,
        GITHUB_APP_ID=str(app.id),
        GITHUB_APP_PRIVATE_KEY=app.pem,
        EXOGATE_TEST_INSTALLATION=str(installed.id),
    )
    yield made
    made.end()


def pushed(standin: StandIn, project: Repository, work: Repo, files: dict[str, str | None]) -> str:
    sha = work.commit({**files}, "A push")
    fork = standin.world.repositories["mallory/shop"]
    work.git("push", "--quiet", "--force", str(fork.directory), "HEAD:refs/heads/feature")
    standin.world.update_pull(project, 1)
    return sha


def asked(host: Host, project: Repository, head: str, id_: str, updated: int) -> ReviewHead:
    installation = int(host.environment["EXOGATE_TEST_INSTALLATION"])
    return ReviewHead(installation, project.id, "octo/shop", 1, head, "main", "test", id_, updated=updated)


def runs(project: Repository, head: str) -> list[dict[str, Any]]:
    return [run.fields for run in project.check_runs.values() if run.head_sha == head]


def test_a_push_ends_the_gates_of_the_older_head_and_the_newer_is_reviewed(
    app_host: Host, queue: JobQueue, standin: StandIn, project: Repository, work: Repo, word: str
) -> None:
    old = pushed(standin, project, work, {"slow": "", "double.py": "def double(n):\n    return 2 * n\n"})
    assert queue.put(asked(app_host, project, old, "old", 100), "old") is Put.QUEUED
    worker = app_host.worker()
    until(lambda: processes_with(word.encode()), worker)

    new = pushed(standin, project, work, {"slow": None})
    assert queue.put(asked(app_host, project, new, "new", 200), "new") is Put.QUEUED
    until(lambda: [run for run in runs(project, new) if run.get("conclusion")], worker)

    assert processes_with(word.encode()) == []
    (older,), (newer,) = runs(project, old), runs(project, new)
    assert (older["status"], older["conclusion"]) == ("completed", "neutral")
    assert f"A newer head was asked for: {new[:7]} instead of {old[:7]}." in older["output"]["summary"]
    assert (newer["status"], newer["conclusion"]) == ("completed", "success")
    assert f"{SUPERSEDED}: A newer head was asked for" in app_host.log
    until(lambda: f"octo/shop#1 at {new[:7]}: {DONE}" in app_host.log, worker)


def test_a_merge_group_that_is_gone_ends_its_gates(
    app_host: Host, queue: JobQueue, project: Repository, work: Repo, word: str
) -> None:
    base = project.commit("main")
    head = work.commit({"slow": "", "double.py": "def double(n):\n    return 2 * n\n"}, "In the queue")
    work.git("push", "--quiet", str(project.directory), "HEAD:refs/heads/gh-readonly-queue/main/pr-1")
    installation = int(app_host.environment["EXOGATE_TEST_INSTALLATION"])
    group = ReviewHead(installation, project.id, "octo/shop", None, head, "main", "test", "group", base=base)
    assert queue.put(group, "group") is Put.QUEUED
    worker = app_host.worker()
    until(lambda: processes_with(word.encode()), worker)

    gone = GroupGone(installation, project.id, "octo/shop", head, "dequeued", "gone")
    assert queue.put(gone, "gone") is Put.QUEUED
    until(lambda: [run for run in runs(project, head) if run.get("conclusion")], worker)

    assert processes_with(word.encode()) == []
    (run,) = runs(project, head)
    assert (run["status"], run["conclusion"]) == ("completed", "neutral")
    assert f"The merge group of {head[:7]} is gone" in run["output"]["summary"]
    until(lambda: f"octo/shop at {head[:7]}: {DONE}: The merge group is gone" in app_host.log, worker)
