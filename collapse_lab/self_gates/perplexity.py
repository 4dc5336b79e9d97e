"""``perplexity``: the author keeps what is likely to itself, or what is not.

The PPL gate of arXiv 2606.28438 keeps the quarter of lowest perplexity. That keeping the lowest makes a collapse worse
is reported in arXiv 2410.12341; hence either direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from collapse_lab.self_gates.context import LabContext
from collapse_lab.self_gates.scored import ScoredGate, ScoreSettings, asked, documents
from gates.change import Change
from gates.gate import Settings


class PerplexitySettings(ScoreSettings):
    """``direction``: whether samples of low or of high perplexity are good. ``keep`` and ``threshold``: see there."""

    direction: Literal["low", "high"] = "low"
    threshold: Literal["quantile", "frozen"] = "quantile"


@dataclass(frozen=True)
class Perplexity(ScoredGate):
    """Score, in nats a token: the author's mean log-likelihood of the completion with its stop; ``high``: times -1."""

    name: str = "perplexity"
    summary: str = "in a study: the author's model finds the sample likely (or unlikely) enough"
    settings_type: type[Settings] = PerplexitySettings

    def scores(self, changes: Sequence[Change], settings: PerplexitySettings, context: LabContext) -> list[float]:
        """Return what the author thinks of each sample."""
        sign = -1.0 if settings.direction == "low" else 1.0
        author = asked(context.author, self.name, "the author")
        return [sign * score.mean_nll for score in author.score(documents(changes, context))]


GATE = Perplexity()
