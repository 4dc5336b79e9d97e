"""What the App adds to a review: the whole job, from asking GitHub to the labels, against `exogate review`.

Both are processes forked for them alone by one that has imported what they need, as a worker of the App forks one for
each job; both have empty caches of verdicts, and the same policy and interpreter. The App's job also fetches the
repository (nothing is kept of it), makes the check run, writes the ledger (whose tables are there: they are made once
an installation) and sets labels. GitHub is the stand-in on loopback. What it takes to answer, and git's side of a fetch
with it, counts as the App's; the half second that we leave between two writes, as GitHub asks, does not.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from app.ledger.ledger import Ledger
from tests.benchmarks import subject
from tests.benchmarks.timing import Line, line
from tests.standin.apps import CheckRun
from tests.standin.server import StandIn, running
from webhooks.jobs import ReviewHead, to_json

_ROUNDS = 6
# A pull request as large as they come: so many files, and remarks on so many of them.
_FILES, _REMARKS, _MOST_CALLS = 100, 30, 12


def measure(scratch: Path) -> Iterator[Line]:
    """Yield the ratio of seconds, of rounds that take both in turn, and the calls of a first review."""
    subject.build(scratch / "subject")
    (scratch / "github").mkdir()
    command = [sys.executable, "-m", "tests.benchmarks.app_job"]
    with running(scratch / "github") as standin, Popen(command, stdin=PIPE, stdout=PIPE, text=True) as jobs:
        standin.world.clock.use_real_time()
        desk = _Desk(scratch, standin, jobs)
        ratios = [_ratio(desk, n) for n in range(1 + _ROUNDS)][1:]  # the first one reads the tools from the disk
        yield line("the App's review / exogate review", ratios, "x", 1.2)
        what = f"calls of a first review of {_FILES} files with {_REMARKS} annotations"
        yield line(what, [_calls(desk)], "calls", _MOST_CALLS)
        if standin.complaints:
            raise RuntimeError("\n".join(standin.complaints))


def _ratio(desk: _Desk, number: int) -> float:
    policy = desk.policy("policy.yml", "gates: {lint: block, types: block, base-tests: block}\n")
    job, data = desk.job("subject", "one", number), desk.data(f"data{number}")
    cache = desk.scratch / f"cache{number}"
    # Who is second finds the tools' files in the system's memory: each is it in turn.
    if number % 2:
        whole, alone = desk.whole(job, policy, data), desk.alone("subject", policy, cache)
    else:
        alone, whole = desk.alone("subject", policy, cache), desk.whole(job, policy, data)
    if desk.result(job).fields["conclusion"] != "success":
        raise RuntimeError(f"The App made something else of it: {desk.result(job).fields}")
    return whole / alone


def _calls(desk: _Desk) -> int:
    """Return how often GitHub's API was asked for a first review of the largest pull request."""
    subject.build_large(desk.scratch / "large", _FILES, _REMARKS)
    job, data = desk.job("large", "large", 0), desk.data("data-large")
    # Where an organisation has such a repository it is asked too.
    desk.standin.world.repository("octo/.github", like=desk.scratch / "large" / ".git")
    before = len(desk.standin.seen)
    desk.whole(job, desk.policy("compiles.yml", "gates: {compile: block}\n"), data)
    if (found := len(desk.result(job).annotations)) != _REMARKS:
        raise RuntimeError(f"The review has {found} annotations instead of {_REMARKS}.")
    return sum(".git/" not in seen.line for seen in desk.standin.seen[before:])


class _Desk:
    """Both ways to a review of the same change."""

    def __init__(self, scratch: Path, standin: StandIn, jobs: Popen[str]) -> None:
        self.scratch, self.standin, self.jobs = scratch, standin, jobs
        self.app = standin.world.app("exogate")
        self.installation = standin.world.install(self.app, "octo")

    def policy(self, name: str, text: str) -> Path:
        """Return the file of an operator's policy."""
        file = self.scratch / name
        file.write_text(text, "utf-8")
        return file

    def alone(self, name: str, policy: Path, cache: Path) -> float:
        """Review the branch `one` of a local repository with the command; return the seconds."""
        words = ["review", "--repo", self.scratch / name, "--base", "main", "--head", "one", "--policy", policy]
        return self.time({"words": [str(word) for word in words]}, EXOGATE_CACHE_DIR=cache)

    def job(self, name: str, branch: str, number: int) -> ReviewHead:
        """Return the job for a new pull request, in a new repository on GitHub that is like the local one."""
        world = self.standin.world
        made = world.repository(f"octo/{name}{number}")
        made.git("fetch", "--quiet", str(self.scratch / name), "refs/heads/*:refs/heads/*")
        pull = world.open_pull(made, made, branch, author="mira")
        head, base = made.commit(branch), made.commit("main")
        return ReviewHead(
            self.installation.id, made.id, made.full_name, pull.number, head, "main", "opened", f"{name}-{number}", base
        )

    def whole(self, job: ReviewHead, policy: Path, data: Path) -> float:
        """Do what a worker does with *job*, with what it keeps in *data*; return the seconds."""
        return self.time(
            {"job": to_json(job)},
            EXOGATE_DATA_DIR=data,
            EXOGATE_POLICY=policy,
            GITHUB_API_URL=self.standin.url,
            GITHUB_SERVER_URL=self.standin.url,
            GITHUB_APP_ID=self.app.id,
            GITHUB_APP_PRIVATE_KEY=self.app.pem,
            GITHUB_WEBHOOK_SECRET=self.app.hook_secret,
        )

    def time(self, task: dict[str, Any], **more: object) -> float:
        """Have a task carried out in a process of its own; return the seconds."""
        # Both take the tests' interpreter from where a user's shell would name it.
        given = {"PATH": os.environ["PATH"], "HOME": self.scratch, "VIRTUAL_ENV": sys.prefix, **more}
        environment = {name: str(value) for name, value in given.items()}
        log = self.scratch / "log"
        log.unlink(missing_ok=True)
        assert self.jobs.stdin is not None, "Popen was told to make it"
        assert self.jobs.stdout is not None, "Popen was told to make it"
        self.jobs.stdin.write(json.dumps({**task, "environment": environment, "log": str(log)}) + "\n")
        self.jobs.stdin.flush()
        done = json.loads(self.jobs.stdout.readline())
        if done["status"]:
            raise RuntimeError(f"It ended with {done['status']}: {log.read_text('utf-8')[-1500:]}")
        return float(done["seconds"])

    def data(self, name: str) -> Path:
        """Return a new directory with an empty ledger."""
        made = self.scratch / name
        made.mkdir()
        Ledger.open(f"sqlite:///{made}/ledger.sqlite3").close()
        return made

    def result(self, job: ReviewHead) -> CheckRun:
        """Return the check run that the job made."""
        (made,) = self.standin.world.repositories[job.repository].check_runs.values()
        return made
