"""What a model thinks of texts, as one pair of numbers: how far a model has drifted is seen from their change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from collapse_lab.models.model import Score


@dataclass(frozen=True, slots=True)
class Drift:
    """Means over all tokens of all texts, in nats: negative log-likelihood, and entropy of the next token.

    ``None`` where there are no tokens, or a model's numbers are not finite.
    """

    mean_nll: float | None
    entropy: float | None


def drift(scores: Sequence[Score]) -> Drift:
    """Return the means over *scores*; every token counts the same, so that long texts weigh more than short ones."""
    tokens = sum(score.tokens for score in scores)
    if tokens == 0:
        return Drift(None, None)
    nll = sum(score.nll for score in scores) / tokens
    entropy = sum(score.entropy * score.tokens for score in scores) / tokens
    return Drift(nll if isfinite(nll) else None, entropy if isfinite(entropy) else None)
