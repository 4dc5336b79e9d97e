"""``self-consistency``: what most of the author's answers to a prompt do is taken for right.

The majority vote that arXiv 2508.03682 (SQLM) rewards in place of an answer that nobody has. Code has no answer to
vote on; what it does on the prompt's arguments stands for it. Whether that is right is not asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from collapse_lab.self_gates.behaviour import behaviours
from collapse_lab.self_gates.context import LabContext
from collapse_lab.self_gates.scored import ScoredGate
from gates.change import Change
from gates.gate import CouldNotJudgeError, Settings


class ConsistencySettings(Settings):
    """``more``: how many further samples of the prompt vote. ``share``: of all votes, the sample's among them."""

    more: int = Field(default=4, ge=1, le=64)
    share: float = Field(default=0.5, gt=0, le=1)


@dataclass(frozen=True)
class SelfConsistency(ScoredGate):
    """Accepts a sample that behaves as most do, if these are enough.

    The sample and ``more`` others of its prompt are run on the arguments of the visible cases. Those with equal
    behaviour are a class; one that does not come back from every call is in none, and its vote is lost. Score: the
    share of all votes in the sample's class if no class is larger, else 0.
    """

    name: str = "self-consistency"
    summary: str = "in a study: the sample does what most of the author's samples for the prompt do"
    settings_type: type[Settings] = ConsistencySettings

    def scores(self, changes: Sequence[Change], settings: ConsistencySettings, context: LabContext) -> list[float]:
        """Return the share of each sample's class."""
        if context.again is None:
            raise CouldNotJudgeError(f"`{self.name}` asks the author for more samples, and this study has no author.")
        tasks = [context.tasks[c.id] for c in changes]
        samples = [context.samples[c.id] for c in changes]
        groups = [
            [sample, *more] for sample, more in zip(samples, context.again(tasks, samples, settings.more), strict=True)
        ]
        written = [(task, s.completion) for task, group in zip(tasks, groups, strict=True) for s in group]
        found = iter(behaviours(written, context))
        return [_share([next(found) for _ in group]) for group in groups]

    def calibrate(self, changes: Sequence[Change], settings: ConsistencySettings, context: LabContext) -> float:
        """Return the share asked for: it does not depend on the samples."""
        return settings.share

    def threshold(self, scores: Sequence[float], settings: ConsistencySettings, context: LabContext) -> float:
        """Return the share asked for."""
        return settings.share


def _share(votes: Sequence[object | None]) -> float:
    """Return the share of all votes that are the first one, 0 where others have more or it is none."""
    counts = Counter(vote for vote in votes if vote is not None)
    own = counts[votes[0]] if votes[0] is not None else 0
    return own / len(votes) if own and own == max(counts.values()) else 0.0


GATE = SelfConsistency()
