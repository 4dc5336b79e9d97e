"""``frozen-judge``: the arm's model of round 0 judges every later round; training cannot move it."""

from __future__ import annotations

from dataclasses import dataclass

from collapse_lab.models.model import Model
from collapse_lab.self_gates.context import LabContext
from collapse_lab.self_gates.judging import JudgeGate
from collapse_lab.self_gates.scored import ScoreSettings, Threshold, asked
from gates.gate import Kind, Settings


class AnchoredSettings(ScoreSettings):
    """As ``ScoreSettings``; judge and threshold are both fixed at round 0 unless it says otherwise."""

    threshold: Threshold = "frozen"


@dataclass(frozen=True)
class FrozenJudge(JudgeGate):
    """The model of round 0 judges."""

    name: str = "frozen-judge"
    summary: str = "in a study: the author as it was at round 0 calls the sample good"
    kind: Kind = Kind.ANCHORED
    settings_type: type[Settings] = AnchoredSettings

    def judge_of(self, context: LabContext) -> Model:
        """Return the model of round 0."""
        return asked(context.frozen, self.name, "the arm's model of round 0")


GATE = FrozenJudge()
