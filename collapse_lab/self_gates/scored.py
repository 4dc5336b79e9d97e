"""What the gates with a score share: which scores are good enough, and the verdicts."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from collapse_lab.models.model import Document, Model
from collapse_lab.self_gates.context import LabContext, lab
from gates.change import Change
from gates.gate import Context, CouldNotJudgeError, Kind, Need, Settings
from gates.verdict import Verdict

Threshold = Literal["quantile", "frozen", "zero"]


class ScoreSettings(Settings):
    """Which scores are good enough.

    ``threshold``: ``quantile`` keeps the best share ``keep`` of each batch; ``frozen`` asks ever after for the score
    that this share of round 0's samples had; ``zero`` for a score of at least 0. Equal scores are all kept.
    """

    keep: float = Field(default=0.5, gt=0, le=1)
    threshold: Threshold = "quantile"


@dataclass(frozen=True)
class ScoredGate(ABC):
    """A gate that accepts where its score is at least a threshold; a higher score is better."""

    name: str
    summary: str
    kind: Kind = Kind.ENDOGENOUS
    version: str = "1"
    needs: frozenset[Need] = frozenset({Need.LAB})
    settings_type: type[Settings] = ScoreSettings

    @abstractmethod
    def scores(self, changes: Sequence[Change], settings: Any, context: LabContext) -> list[float]:
        """Return a score for each change; NaN where there is none."""

    def judge(self, changes: Sequence[Change], settings: Any, context: Context) -> list[Verdict]:
        """Judge each change. With a quantile, a verdict depends on the others of the batch."""
        seen = lab(context, self.name)
        if not changes:
            return []
        scores = self.scores(changes, settings, seen)
        threshold = self.threshold(scores, settings, seen)
        return [self._verdict(score, threshold) for score in scores]

    def calibrate(self, changes: Sequence[Change], settings: Any, context: LabContext) -> float:
        """Return the threshold that these settings give on round 0's samples."""
        if settings.threshold == "zero":
            return 0.0
        return at_quantile(self.scores(changes, settings, context), settings.keep)

    def threshold(self, scores: Sequence[float], settings: Any, context: LabContext) -> float:
        """Return the score from which on this batch is accepted."""
        if settings.threshold == "zero":
            return 0.0
        if settings.threshold == "quantile":
            return at_quantile(scores, settings.keep)
        if self.name not in context.calibration:
            raise CouldNotJudgeError(f"`{self.name}` has no threshold of round 0 yet; calibrate it on pool 0 first.")
        return context.calibration[self.name]

    def _verdict(self, score: float, threshold: float) -> Verdict:
        if math.isnan(score):
            return Verdict.error(self.name, "The model gave no number for it; its training may have diverged.")
        build, word = (Verdict.accept, "at least") if score >= threshold else (Verdict.reject, "below")
        return build(self.name, f"Its score is {score:.4g}, {word} {threshold:.4g}.", score=score)


def at_quantile(scores: Sequence[float], keep: float) -> float:
    """Return the highest threshold that keeps the share *keep* of *scores* (at least one); it never keeps a NaN.

    Raises ``CouldNotJudgeError`` where no score is a number.
    """
    known = sorted((score for score in scores if not math.isnan(score)), reverse=True)
    if not known:
        raise CouldNotJudgeError("There is no score to fit a threshold on; the model's training may have diverged.")
    return known[min(len(known), max(1, round(keep * len(scores)))) - 1]


def documents(changes: Sequence[Change], context: LabContext) -> list[Document]:
    """Return each sample's prompt and completion."""
    return [(context.tasks[c.id].prompt, context.samples[c.id].completion) for c in changes]


def programs(changes: Sequence[Change], context: LabContext) -> list[str]:
    """Return each sample's whole file."""
    return [prompt + completion for prompt, completion in documents(changes, context)]


def asked(model: Model | None, gate: str, which: str) -> Model:
    """Return the model. Raises ``CouldNotJudgeError`` where the study has none to ask."""
    if model is None:
        raise CouldNotJudgeError(f"`{gate}` asks {which}, and this study has none.")
    return model
