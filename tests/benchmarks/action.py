"""The Action on a pull request of the sample repository: nothing kept, and its environment kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.demo import sample
from tests.action_runner.runner import Outcome
from tests.app.action.conftest import ROOT, Server, missed
from tests.app.action.events import pull_request
from tests.benchmarks.timing import Line, line

_BRANCH = "claude/discount"
_ROUNDS = 3
_INSTALL, _REVIEW = "Install Exogate", "Review the change"


def measure(scratch: Path) -> Iterator[Line]:
    """Yield the seconds of all steps, cold and warm, and how they split. Cold installs from the package index."""
    sample.build(scratch / "sample")
    server = Server(scratch / "server")
    server.repo.git("fetch", "--quiet", str(scratch / "sample"), "main:shop", f"{_BRANCH}:work")
    base, head = server.repo.git("rev-parse", "shop"), server.repo.git("rev-parse", "work")
    event, sha = pull_request(base, head), server.merge(base, head)
    index = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_")) or "PROXY" in name}
    cold, warm = [], []
    for _ in range(_ROUNDS):
        job = server.job("pull_request", event, sha, uses={"actions/cache": missed}, variables=index)
        cold.append(_judged(job.run(ROOT, policy="standard")))
        # What an earlier run judged is not kept: every gate judges again.
        again = server.job("pull_request", event, sha, uses={"actions/cache": missed}, variables=index)
        again.temp = job.temp
        shutil.rmtree(job.temp / "exogate-results")
        warm.append(_judged(again.run(ROOT, policy="standard")))
    for name, done, goal in (("cold", cold, 60.0), ("warm", warm, 20.0)):
        yield line(f"the Action, {name}", [sum(o.steps.values()) for o in done], "s", goal)
        for step in (_INSTALL, _REVIEW):
            yield line(f"the Action, {name}: {step.lower()}", [o.steps[step] for o in done], "s", goal)


def _judged(outcome: Outcome) -> Outcome:
    if outcome.outputs["decision"] != "accept":
        raise RuntimeError(outcome.text)
    return outcome
