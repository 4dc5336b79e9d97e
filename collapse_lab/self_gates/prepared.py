"""The visible cases as the tests of ``base-tests``: run by the harness, without a pytest for each sample.

Their verdict is pytest's on ``sample.reviewable``, with two differences. The comparison is made outside the sample's
process, so that a class whose ``__eq__`` is always true passes nothing. And an import of what is not there rejects,
where a review says `error`, because it may be a dependency that was not installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from collapse_lab.execution.outcome import Program, Verdict
from collapse_lab.sample import Sample
from collapse_lab.tasks.task import Task
from gates.change import Change
from gates.gate import CouldNotJudgeError, PreparedOutcome


@dataclass(frozen=True)
class VisibleCases:
    """Visible cases for the changes whose ids are known; ``execute`` runs programs in the sandbox."""

    tasks: Mapping[str, Task]
    samples: Mapping[str, Sample]
    execute: Callable[[Sequence[Program]], list[Verdict]] | None

    def outcomes(self, changes: Sequence[Change]) -> list[PreparedOutcome | None]:
        """Return how the visible cases of each change's task fare on its sample."""
        if self.execute is None:
            raise CouldNotJudgeError("The samples cannot be run: this study was started without a harness.")
        # A prompt that shows no case has no tests, as a repository may have none.
        known = [c.id for c in changes if c.id in self.samples and self.tasks[c.id].visible]
        written = [
            Program(task.program(self.samples[name].completion), task.entry_point, task.visible)
            for name in known
            for task in (self.tasks[name],)
        ]
        found = {
            name: _outcome(program, verdict)
            for name, program, verdict in zip(known, written, self.execute(written), strict=True)
        }
        return [found.get(c.id) for c in changes]


def _outcome(program: Program, verdict: Verdict) -> PreparedOutcome:
    if verdict.passed:
        return PreparedOutcome(len(program.cases))
    place = "the file does not load" if verdict.case in (None, -1) else f"visible case {verdict.case} does not pass"
    return PreparedOutcome(len(program.cases), f"{place}: {verdict.exception or verdict.ending}")
