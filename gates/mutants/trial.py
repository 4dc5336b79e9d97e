"""The host's side of trying mutants: one job for the sandbox, and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gates.change import Snapshot
from gates.gate import Context, CouldNotJudgeError
from gates.mutants.model import Mutant
from gates.sandbox.spec import Limits
from gates.testrun.runner import pytest_job, runner_interpreter
from gates.toolrun import run_script

SCRIPT = "run_mutants.py"
_GRACE_SECONDS = 7.0
_LEAST_SECONDS = 1.0


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    UNCOVERED = "uncovered"

    @property
    def is_noticed(self) -> bool:
        """Whether the tests noticed it; one that makes them hang is noticed as well."""
        return self in (Fate.KILLED, Fate.TIMEOUT)


@dataclass(frozen=True)
class Trial:
    """The unspoiled run's numbers, whether it could be repeated, and the fates by the mutants' order.

    A mutant without a fate was not tried. ``example`` is a test that failed unspoiled, or a file not collected.
    """

    passed: int = 0
    failed: int = 0
    uncollected: int = 0
    example: str = ""
    problem: str | None = None
    fates: Mapping[int, Fate] = field(default_factory=dict)
    tests: Mapping[int, int] = field(default_factory=dict)


def try_mutants(
    context: Context,
    tree: Snapshot,
    config_from: Snapshot,
    lines: Mapping[str, Sequence[int]],
    mutants: Sequence[Mutant],
    seconds: float,
    markers: Sequence[str] = (),
) -> Trial:
    """Run the tree's tests on each mutant in one sandbox. Raises ``CouldNotJudgeError``.

    *markers* are declared to pytest beside those of *config_from*.
    """
    interpreter, _ = runner_interpreter(context)
    seconds = max(_LEAST_SECONDS, min(seconds, context.seconds_left() - _GRACE_SECONDS))
    mount, told = pytest_job(context, tree, config_from, markers)
    job = {
        **told,
        "files": {path: list(numbers) for path, numbers in lines.items()},
        "mutants": [
            {"path": m.path, "start": m.start, "end": m.end, "text": m.replacement, "first": m.first, "last": m.last}
            for m in mutants
        ],
        "seconds": seconds,
        "jobs": context.jobs,
    }
    limits = Limits(wall_seconds=seconds + _GRACE_SECONDS, cpu_seconds=int(seconds + _GRACE_SECONDS))
    return read_trial(run_script(context, interpreter, SCRIPT, job, (mount,), limits), len(mutants))


def read_trial(records: Iterable[Mapping[str, Any]], count: int) -> Trial:
    """Read the records of a trial of *count* mutants. Raises ``CouldNotJudgeError`` where they make no sense."""
    tests: Mapping[str, Any] = {}
    problem: str | None = "the run ended before it had reported everything"
    fates: dict[int, Fate] = {}
    used: dict[int, int] = {}
    control, why = "passed", ""
    try:
        for record in records:
            if record["k"] == "tests":
                tests = record
            elif record["k"] == "control":
                control = str(record["status"])
            elif record["k"] == "mutant":
                number = range(count)[int(record["n"])]
                fates[number], used[number] = Fate(record["status"]), int(record["tests"])
            elif record["k"] == "internal":
                why = f" ({record['message']})"
            elif record["k"] == "finish":
                problem = _problem(record, why)
        return Trial(
            int(tests.get("passed", 0)),
            int(tests.get("failed", 0)),
            int(tests.get("uncollected", 0)),
            str(tests.get("example", "")),
            problem or tests.get("problem") or _CONTROL[control],
            fates,
            used,
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise CouldNotJudgeError(f"{SCRIPT} reported something that cannot be read ({error!r}).") from error


_CONTROL = {
    "passed": None,
    "failed": "tests that passed at first fail when they run again without a fault; they are flaky or need an order",
    "timeout": "the tests take too long to be run again",
}


def _problem(finish: Mapping[str, Any], why: str) -> str | None:
    if finish["forged"]:
        return "something other than the test runner wrote among the results"
    if finish["timeout"] or finish["flood"]:
        return "the run did not finish in the time given"
    ended = f"the process that tried the mutants ended with status {finish['status']}{why}"
    return None if finish["status"] == 0 else ended
