"""``self-score``: the author says whether its own sample is good (the Binary gate of arXiv 2606.28438)."""

from __future__ import annotations

from dataclasses import dataclass

from collapse_lab.models.model import Model
from collapse_lab.self_gates.context import LabContext
from collapse_lab.self_gates.judging import JudgeGate
from collapse_lab.self_gates.scored import asked


@dataclass(frozen=True)
class SelfScore(JudgeGate):
    """The author of this round judges."""

    name: str = "self-score"
    summary: str = "in a study: the author's model calls its own sample good"

    def judge_of(self, context: LabContext) -> Model:
        """Return the author."""
        return asked(context.author, self.name, "the author")


GATE = SelfScore()
