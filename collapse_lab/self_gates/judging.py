"""The judge's question (``collapse_lab.models.judge``) put to one of a study's models, about each sample."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from collapse_lab.models import judge
from collapse_lab.models.model import Model
from collapse_lab.self_gates.context import LabContext
from collapse_lab.self_gates.scored import ScoredGate, ScoreSettings, programs
from gates.change import Change


@dataclass(frozen=True)
class JudgeGate(ScoredGate):
    """Score: logit(good) - logit(bad) for the word after the sample and the judge's question."""

    @abstractmethod
    def judge_of(self, context: LabContext) -> Model:
        """Return the model that is asked. Raises ``CouldNotJudgeError`` where there is none."""

    def scores(self, changes: Sequence[Change], settings: ScoreSettings, context: LabContext) -> list[float]:
        """Return the model's answer about each sample."""
        return judge.verdicts(self.judge_of(context), programs(changes, context))
