"""Try mutants on a tree's tests: one process prepared, one child forked of it for each mutant.

The reporter of ``reporter.py`` holds the trusted channel. Its worker, the *template*, imports pytest and the tests'
third-party packages, and never a line of the judged tree; what it forks runs judged code and answers with an exit
status alone. First all tests run once, unspoiled, to see which pass and which changed lines each of them runs; then
each mutant gets a fresh copy of the tree, and the tests that run its lines.

What this does not cover: tests that look whether they are being tried (by hashing the source, say) can fail on
purpose. They would count as having noticed.

Job: ``{"tree", "config", "args", "plugins", "markers", "files": {path: [lines]}, "mutants": [{"path", "start", "end",
"text", "first", "last"}], "seconds", "jobs"}``. Records: ``tests`` (how the unspoiled run went), ``control`` (whether
the chosen tests pass once more), one ``mutant`` each, and the reporter's ``finish``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gates.inside import mutant_runs, pytest_child
    from gates.inside.channel import Channel
    from gates.inside.reporter import Worker, hide
else:
    sys.path.insert(0, str(Path(__file__).parent))
    import mutant_runs
    import pytest_child
    from channel import Channel
    from reporter import Worker, hide

    del sys.path[0]


def main() -> None:
    """Fork the template, feed it the job, pass on what it says."""
    worker = Worker.fork(work)
    hide()
    channel = Channel()
    worker.give(channel.job)
    channel.send(worker.relay(channel.send, float(channel.job["seconds"]) + 2.0))
    channel.finish()


def work(job: dict[str, Any], say: Callable[[Any], None]) -> int:
    """Run everything (in the template); return its exit status."""
    hide()
    runs = mutant_runs.Runs(job)
    survey = runs.survey()
    say({"k": "tests", **survey.summary()})
    if not survey.passed:
        return 0
    pytest_child.warm(survey.modules, Path(job["tree"]))
    plan = [runs.cover(survey, mutant) for mutant in job["mutants"]]
    for number, tests in enumerate(plan):
        if not tests:
            say({"k": "mutant", "n": number, "status": "uncovered", "tests": 0})
    wanted = {name for tests in plan for name in tests}
    if wanted:
        calm = runs.control(survey, wanted)
        say({"k": "control", "status": calm})
        if calm == "passed":
            for record in runs.each([n for n, tests in enumerate(plan) if tests], plan, survey):
                say(record)
    say({"k": "done", "exit": 0})
    return 0


if __name__ == "__main__":
    main()
