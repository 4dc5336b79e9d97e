"""Truth: whether samples pass the hidden cases, or how an answer in words is marked.

For the score and for metrics, never for a gate's decision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collapse_lab.execution.outcome import Program, Verdict
from collapse_lab.sample import Sample
from collapse_lab.tasks.task import Task

Execute = Callable[[Sequence[Program]], list[Verdict]]


def truth(tasks: Sequence[Task], samples: Sequence[Sample], execute: Execute) -> list[Verdict]:
    """Return how each sample fares on its task's hidden cases, or by its rubric (*tasks* stand beside *samples*)."""
    pairs = list(zip(tasks, samples, strict=True))
    ran = iter(execute([scored(task, sample.completion) for task, sample in pairs if task.rubric is None]))
    return [task.rubric.mark(sample.completion) if task.rubric else next(ran) for task, sample in pairs]


def scored(task: Task, completion: str) -> Program:
    """Return what a completion's score is counted on."""
    return Program(task.program(completion), task.entry_point, task.hidden, task.exam)
