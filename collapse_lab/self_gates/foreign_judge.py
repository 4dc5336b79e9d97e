"""``foreign-judge``: a model of another base judges; it has the author's upbringing, but none of its history."""

from __future__ import annotations

from dataclasses import dataclass

from collapse_lab.models.model import Model
from collapse_lab.self_gates.context import LabContext
from collapse_lab.self_gates.frozen_judge import AnchoredSettings
from collapse_lab.self_gates.judging import JudgeGate
from collapse_lab.self_gates.scored import asked
from gates.gate import Kind, Settings


@dataclass(frozen=True)
class ForeignJudge(JudgeGate):
    """Another base judges."""

    name: str = "foreign-judge"
    summary: str = "in a study: a model of another base calls the sample good"
    kind: Kind = Kind.ANCHORED
    settings_type: type[Settings] = AnchoredSettings

    def judge_of(self, context: LabContext) -> Model:
        """Return the other base."""
        return asked(context.foreign, self.name, "a model of another base (give the study two in `model.bases`)")


GATE = ForeignJudge()
