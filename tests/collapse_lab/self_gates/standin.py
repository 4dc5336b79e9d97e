"""A model, tasks and samples for gates to judge, without torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collapse_lab.models.model import Completion, Document, Model, Sampling, Score, Training, TrainingLog
from collapse_lab.sample import Sample, change_of, seed_of
from collapse_lab.self_gates.context import LabContext
from collapse_lab.self_gates.prepared import VisibleCases
from collapse_lab.tasks.task import Case, Task
from gates.change import Change

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


NOT_A_GATES = "A gate judges: it neither writes nor trains, nor looks inside."


@dataclass
class Author:
    """A model whose opinions are functions of the text."""

    likes: Callable[[str], float] = len
    nll: Callable[[str], float] = len

    @property
    def parameters(self) -> int:
        return 0

    def score(self, documents: Sequence[Document]) -> list[Score]:
        return [Score(self.nll(completion), 1, 0.0) for _, completion in documents]

    def preference(self, texts: Sequence[str], yes: str, no: str) -> list[float]:
        assert (yes, no) == (" good", " bad")
        assert all(text.endswith("\n# quality:") for text in texts)
        return [self.likes(text.removesuffix("\n# quality:")) for text in texts]

    def complete(self, prompts: Sequence[str], seeds: Sequence[int], sampling: Sampling) -> list[Completion]:
        raise AssertionError(NOT_A_GATES)

    def hidden(self, texts: Sequence[str], layer: int) -> NDArray[np.float32]:
        raise AssertionError(NOT_A_GATES)

    def train(
        self, documents: Sequence[Document], training: Training, seed: int, state: Path | None = None
    ) -> TrainingLog:
        raise AssertionError(NOT_A_GATES)

    def copy(self) -> Model:
        raise AssertionError(NOT_A_GATES)

    def save(self, directory: Path) -> None:
        raise AssertionError(NOT_A_GATES)


def task(name: str = "double", reference: str = "    return 2 * n\n") -> Task:
    """A task whose function doubles a number."""
    cases = tuple(Case(f"({n},)", str(2 * n)) for n in (1, 3, -2))
    prompt = f'def {name}(n: int) -> int:\n    """Return twice the number."""\n'
    return Task(name, prompt, name, reference, cases, cases, "head", "numbers")


def sample(completion: str, number: int = 0, of: str = "double") -> Sample:
    return Sample(f"s{number}.0", of, completion, 1, True, seed_of("test", number))


class Batch:
    """Completions of tasks as changes, in a lab's context."""

    def __init__(self, context: LabContext, completions: Sequence[str], tasks: Sequence[Task] | None = None) -> None:
        self.tasks = list(tasks or [task()] * len(completions))
        self.samples = [sample(c, n, t.id) for n, (t, c) in enumerate(zip(self.tasks, completions, strict=True))]
        self.changes: list[Change] = [change_of(t, s) for t, s in zip(self.tasks, self.samples, strict=True)]
        by_id = {s.id: t for t, s in zip(self.tasks, self.samples, strict=True)}
        own = {s.id: s for s in self.samples}
        self.context = replace(
            context, tasks=by_id, samples=own, prepared_tests=VisibleCases(by_id, own, context.execute)
        )

    def outcomes(self, gate: Any, settings: Mapping[str, Any] | None = None, **around: Any) -> list[str]:
        verdicts = gate.judge(
            self.changes, gate.settings_type.model_validate(settings or {}), replace(self.context, **around)
        )
        return [v.outcome.value for v in verdicts]
