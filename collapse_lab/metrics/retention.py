"""What is left of a score after R rounds. *scores* are s_0 ... s_R, one a round, round 0 first."""

from __future__ import annotations

from collections.abc import Sequence


def retention(scores: Sequence[float]) -> float | None:
    """Return s_R / s_0; ``None`` where s_0 is 0 or missing."""
    return scores[-1] / scores[0] if scores and scores[0] else None


def area(scores: Sequence[float]) -> float | None:
    """Return the mean height of the curve s_t / s_0: its area by trapezoids, divided by R.

    1 where nothing was lost. ``None`` where s_0 is 0, or there is no round after it.
    """
    import numpy as np

    if len(scores) < 2 or not scores[0]:
        return None
    return float(np.trapezoid(np.asarray(scores) / scores[0]) / (len(scores) - 1))


def slope(scores: Sequence[float]) -> float | None:
    """Return the least-squares slope of s_t, a round; ``None`` for fewer than two rounds."""
    from scipy.stats import linregress

    if len(scores) < 2:
        return None
    return float(linregress(range(len(scores)), scores).slope)
