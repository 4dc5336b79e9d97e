"""A server with one repository, checkouts of it as actions/checkout makes them, and the Action run on them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.action_runner.runner import Job, Outcome
from tests.conftest import Repo

ROOT = Path(__file__).parents[3]


def restored(given: Mapping[str, str]) -> dict[str, str]:
    """Stand in for actions/cache: an environment of this Exogate was kept, the one that runs the tests."""
    directory = Path(given["path"])
    assert given["key"].endswith(directory.name)
    directory.mkdir(parents=True, exist_ok=True)
    if not (directory / "ready").exists():
        # The real environment, by a link: no test may write below RUNNER_TEMP by following links.
        (directory / "venv").symlink_to(sys.prefix)
        (directory / "ready").touch()
    return {"cache-hit": "true"}


def missed(given: Mapping[str, str]) -> dict[str, str]:
    """Stand in for actions/cache where nothing was kept."""
    return {"cache-hit": "false"}


class Server:
    """The repository octo/shop on a server that is a directory, and jobs that check it out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        path = root / "server" / "octo" / "shop"
        path.mkdir(parents=True)
        self.repo = Repo(path)
        self.jobs = 0

    def merge(self, base: str, head: str, number: int = 7) -> str:
        """Make the trial merge of a pull request; return its commit."""
        tree = self.repo.git("merge-tree", "--write-tree", base, head).split("\n")[0]
        merged = self.repo.git("commit-tree", tree, "-p", base, "-p", head, "-m", "Merge")
        self.repo.git("update-ref", f"refs/pull/{number}/merge", merged)
        self.repo.git("update-ref", f"refs/pull/{number}/head", head)
        return merged

    def job(
        self, name: str, event: Mapping[str, Any], sha: str, *, depth: int | None = 1, path: str = "", **more: Any
    ) -> Job:
        """Check *sha* out (`fetch-depth`: *depth*, or all of it), and return the job for an event."""
        self.jobs += 1
        place = self.root / f"job{self.jobs}"
        workspace = place / "workspace"
        checkout = workspace / path
        checkout.mkdir(parents=True)
        reach = [f"--depth={depth}"] if depth else []
        url = self.repo.path.as_uri()
        for command in (
            ["init", "--quiet"],
            ["remote", "add", "origin", url],
            ["fetch", "--quiet", "--no-tags", *reach, "origin", sha],
            ["checkout", "--quiet", "--detach", sha],
        ):
            subprocess.run(["git", "-C", str(checkout), *command], check=True, env=_plain())
        more.setdefault("uses", {"actions/cache": restored})
        return Job(workspace, place / "temp", name, event, sha, self.root / "server", **more)


def _plain() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture
def act() -> Callable[..., Outcome]:
    """Run this repository's action in a job."""

    def run(job: Job, **inputs: str) -> Outcome:
        return job.run(ROOT, **inputs)

    return run
