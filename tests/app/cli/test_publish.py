"""`exogate publish`, as the second workflow calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.cli.conftest import ROOT
from tests.app.github.conftest import FAILED, as_artifact, head, of_commit, zipped
from tests.conftest import Repo
from tests.standin.faults import Kind
from tests.standin.fixtures import project, pull, shop, standin, token, work
from tests.standin.server import StandIn
from tests.standin.world import Pull, Repository

pytest.importorskip("github", reason="PyGithub is not installed: pip install 'exogate[github]'")

__all__ = ["head", "project", "pull", "shop", "standin", "token", "work"]


def publish(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return exogate("publish", *args, **env)


def exogate(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", *args]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def job(standin: StandIn, token: str, event: Path, run: int) -> dict[str, str]:
    """Return the environment of the job."""
    event.write_text(json.dumps({"action": "completed", "workflow_run": {"id": run}}))
    return {
        "GITHUB_REPOSITORY": "octo/shop",
        "GITHUB_API_URL": standin.url,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_TOKEN": token,
    }


def test_the_run_that_the_event_names_is_published(
    standin: StandIn, project: Repository, pull: Pull, head: str, token: str, tmp_path: Path
) -> None:
    run = standin.world.run(project, 1, {"exogate-review": as_artifact(of_commit(FAILED, head))})
    done = publish(**job(standin, token, tmp_path / "event.json", run.id))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Pull request 1: gates/failed, provenance/ai.\n"
    assert set(project.issues[1].labels) == {"gates/failed", "provenance/ai"}
    assert len(project.comments) == 1


def test_what_exogate_review_writes_is_published(
    standin: StandIn, project: Repository, pull: Pull, work: Repo, token: str, tmp_path: Path
) -> None:
    written = tmp_path / "review.json"
    args = ("--base", "main", "--head", "feature", "--policy", "compile", "--format", "json", "--output", str(written))
    reviewed = exogate("review", "--repo", str(work.path), *args)
    assert reviewed.returncode == 0, reviewed.stderr
    run = standin.world.run(project, 1, {"exogate-review": zipped({"review.json": written.read_bytes()})})
    done = exogate("publish", **job(standin, token, tmp_path / "event.json", run.id))
    assert done.stdout == "Pull request 1: gates/passed, provenance/undeclared.\n"


def test_what_cannot_be_believed_is_status_3(
    standin: StandIn, project: Repository, pull: Pull, token: str, tmp_path: Path
) -> None:
    run = standin.world.run(project, 1, {"exogate-review": zipped({"review.json": b"{}"})})
    done = publish("--no-comment", **job(standin, token, tmp_path / "event.json", run.id))
    assert done.returncode == 3
    assert "review.schema.json" in done.stdout
    assert project.comments == []


def test_nothing_to_publish_is_status_0(
    standin: StandIn, project: Repository, pull: Pull, token: str, tmp_path: Path
) -> None:
    run = standin.world.run(project, 1, {})
    project.issues[1].state = "closed"
    done = publish(**job(standin, token, tmp_path / "event.json", run.id))
    assert (done.returncode, done.stderr) == (0, "")
    assert "No open pull request" in done.stdout


def test_a_run_that_is_not_there_is_status_3(standin: StandIn, project: Repository, token: str, tmp_path: Path) -> None:
    done = publish("--run", "4711", **job(standin, token, tmp_path / "event.json", 1))
    assert (done.returncode, done.stderr) == (3, "")
    assert "404" in done.stdout


def test_a_message_of_githubs_cannot_command_the_runner(
    standin: StandIn, project: Repository, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "no\n::error::owned ##[add-mask]x \x1b[2J"
    monkeypatch.setattr("tests.standin.resources.runs.not_found", lambda: _refusal(evil))
    done = publish("--run", "4711", **job(standin, token, tmp_path / "event.json", 1))
    assert done.returncode == 3
    assert "owned" in done.stdout
    for sign in ("\n::", "##[", "\x1b", "::error"):
        assert sign not in done.stdout


def _refusal(message: str) -> Exception:
    from tests.standin.wire import Refusal

    return Refusal(404, message)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"GITHUB_REPOSITORY": "octo/shop"}, "GITHUB_TOKEN is empty"),
        ({"GITHUB_REPOSITORY": "octo/shop", "GITHUB_TOKEN": "ghs_x"}, "--run"),
        ({"GITHUB_REPOSITORY": "octo/shop", "GITHUB_TOKEN": "ghs_x", "GITHUB_EVENT_PATH": "/dev/null"}, "--run"),
        ({}, "repository"),
    ],
)
def test_wrong_usage_is_status_2(env: dict[str, str], said: str) -> None:
    done = publish(**env)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_token_is_never_printed(standin: StandIn, project: Repository, token: str, tmp_path: Path) -> None:
    standin.fail(Kind.EXPIRED_TOKEN, ".")
    done = publish("--run", "1", EXOGATE_DEBUG="1", **job(standin, token, tmp_path / "event.json", 1))
    assert done.returncode == 3
    assert token not in done.stdout + done.stderr
