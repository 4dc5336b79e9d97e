"""``execution``: the program is run as a whole, and comes to its end (the Execution gate of arXiv 2606.28438).

Nothing is called and nothing compared, so that it also judges samples whose prompts have no tests. It runs in the
study's sandbox, under the study's limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collapse_lab.execution.outcome import Program
from collapse_lab.execution.outcome import Verdict as Ran
from collapse_lab.self_gates.context import lab
from gates.change import Change
from gates.gate import Context, CouldNotJudgeError, Kind, Need, Settings
from gates.verdict import Verdict

NAME = "execution"
_MISSING = frozenset({"ImportError", "ModuleNotFoundError"})


class ExecutionSettings(Settings):
    """``relaxed``: whether a program that only misses a module passes, since another machine may have it."""

    relaxed: bool = False


@dataclass(frozen=True)
class Execution:
    """Rejects a program that raises, or uses up what it may use."""

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "in a study: the sample comes to its end when it is run as a whole, without a test"
    needs: frozenset[Need] = frozenset({Need.LAB})
    settings_type: type[Settings] = ExecutionSettings

    def judge(self, changes: Sequence[Change], settings: ExecutionSettings, context: Context) -> list[Verdict]:
        """Judge each change by running its file."""
        seen = lab(context, NAME)
        if seen.execute is None:
            raise CouldNotJudgeError("The samples cannot be run: this study was started without a harness.")
        programs = []
        for change in changes:
            task = seen.tasks[change.id]
            programs.append(Program(task.program(seen.samples[change.id].completion), task.entry_point, ()))
        return [_verdict(ran, settings) for ran in seen.execute(programs)]


def _verdict(ran: Ran, settings: ExecutionSettings) -> Verdict:
    if ran.passed:
        return Verdict.accept(NAME, "It was run, and came to its end.")
    if settings.relaxed and ran.exception in _MISSING:
        return Verdict.accept(NAME, f"It was run as far as a module that is not here ({ran.exception}).")
    return Verdict.reject(NAME, f"It was run, and ended with {ran.exception or ran.ending}.")


GATE = Execution()
