"""``pairwise-self-judge``: the author ranks a sample among others of the same prompt, and must agree with itself.

After arXiv 2511.07922 (SERL): there a model compares its answers in pairs, in both orders against the bias of position;
an answer's share of wins (Copeland) is its reward, and coherent judgements are the judge's. Here the judge knows one
question only, about the program above it; so a pair is compared twice with that question:

- together: each of the two is asked about with the other one above it, so that either stands second once;
- alone: each is asked about by itself.

Where both ways prefer the same program it wins; where they contradict each other, or the texts are equal, each has
half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from pydantic import Field

from collapse_lab.models import judge
from collapse_lab.self_gates.context import LabContext
from collapse_lab.self_gates.scored import ScoredGate, asked
from gates.change import Change
from gates.gate import CouldNotJudgeError, Settings

_TIE = 0.5


class PairwiseSettings(Settings):
    """``siblings``: with how many further samples of the prompt it is compared. ``share``: of comparisons to be won."""

    siblings: int = Field(default=3, ge=1, le=64)
    share: float = Field(default=0.5, ge=0, le=1)


@dataclass(frozen=True)
class PairwiseSelfJudge(ScoredGate):
    """Accepts a sample that wins enough of its comparisons. Score: the share of wins, ties counting half."""

    name: str = "pairwise-self-judge"
    summary: str = "in a study: the author's model consistently prefers the sample to others of its prompt"
    settings_type: type[Settings] = PairwiseSettings

    def scores(self, changes: Sequence[Change], settings: PairwiseSettings, context: LabContext) -> list[float]:
        """Return the share of wins of each sample."""
        author = asked(context.author, self.name, "the author")
        if context.again is None:
            raise CouldNotJudgeError(f"`{self.name}` asks the author for more samples, and this study has no author.")
        tasks = [context.tasks[c.id] for c in changes]
        samples = [context.samples[c.id] for c in changes]
        more = context.again(tasks, samples, settings.siblings)
        pairs = [
            [(task.program(sample.completion), task.program(other.completion)) for other in others]
            for task, sample, others in zip(tasks, samples, more, strict=True)
        ]
        wanted = dict.fromkeys(
            text for row in pairs for own, other in row if own != other for text in texts(own, other)
        )
        answers = dict(zip(wanted, judge.verdicts(author, list(wanted)), strict=True))
        return [fmean(_won(own, other, answers) for own, other in row) for row in pairs]

    def calibrate(self, changes: Sequence[Change], settings: PairwiseSettings, context: LabContext) -> float:
        """Return the share asked for: it does not depend on the samples."""
        return settings.share

    def threshold(self, scores: Sequence[float], settings: PairwiseSettings, context: LabContext) -> float:
        """Return the share asked for."""
        return settings.share


def texts(own: str, other: str) -> tuple[str, str, str, str]:
    """Return what the judge's question is put about: either program below the other one, and either alone."""
    return _below(other, own), _below(own, other), own, other


def _below(above: str, program: str) -> str:
    return f"{above.rstrip()}\n\n\n{program}"


def _won(own: str, other: str, answers: dict[str, float]) -> float:
    if own == other:
        return _TIE
    mine, theirs, mine_alone, theirs_alone = (answers[text] for text in texts(own, other))
    if mine > theirs and mine_alone > theirs_alone:
        return 1.0
    return 0.0 if mine < theirs and mine_alone < theirs_alone else _TIE


GATE = PairwiseSelfJudge()
