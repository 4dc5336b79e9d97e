"""Evaluate: greedy once and sampled several times on every task of a benchmark, judged by the hidden cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from collapse_lab.execution.outcome import Verdict
from collapse_lab.models.model import Model
from collapse_lab.sample import Sample, seed_of
from collapse_lab.stages.generate import generate
from collapse_lab.stages.truth import Execute, truth
from collapse_lab.study import Evaluation
from collapse_lab.tasks.task import Benchmark


@dataclass(frozen=True, slots=True)
class Answer:
    """One sample of a benchmark with how it ended; in a row, ``marks`` are there for answers in words only."""

    sample: Sample
    verdict: Verdict
    greedy: bool

    def as_row(self) -> dict[str, Any]:
        """Return it as a row of a table."""
        return {
            **self.sample.as_row(),
            "greedy": self.greedy,
            "passed": self.verdict.right,
            "ending": self.verdict.ending,
            "exception": self.verdict.exception,
            **({} if self.verdict.marks is None else {"marks": dict(self.verdict.marks)}),
        }


def evaluate(model: Model, benchmark: Benchmark, settings: Evaluation, seed: int, execute: Execute) -> list[Answer]:
    """Return every answer, the greedy ones first. The draws hang on *seed* and the benchmark's name."""
    own = seed_of("evaluate", seed, benchmark.name)
    greedy = generate(model, benchmark.tasks, settings.greedy, own, name="greedy ")
    sampled = generate(model, benchmark.tasks, settings.sampling, own, settings.samples, name="sampled ")
    tasks = {task.id: task for task in benchmark.tasks}
    samples = [*greedy, *sampled]
    verdicts = truth([tasks[s.task] for s in samples], samples, execute)
    return [Answer(s, v, i < len(greedy)) for i, (s, v) in enumerate(zip(samples, verdicts, strict=True))]
