"""``self-score-trained``: ``self-score``, and the author is trained on what it said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collapse_lab.models import judge
from collapse_lab.models.model import Document
from collapse_lab.sample import Sample
from collapse_lab.self_gates.self_score import SelfScore
from collapse_lab.tasks.task import Task


@dataclass(frozen=True)
class SelfScoreTrained(SelfScore):
    """The author judges, and learns to judge so again."""

    name: str = "self-score-trained"
    summary: str = "in a study: as self-score, and the author is trained on its own verdicts"

    def lessons(self, tasks: Sequence[Task], samples: Sequence[Sample], accepted: Sequence[bool]) -> list[Document]:
        """Return each verdict as a judge's document."""
        made = [task.program(sample.completion) for task, sample in zip(tasks, samples, strict=True)]
        return judge.lessons(made, accepted)


GATE = SelfScoreTrained()
