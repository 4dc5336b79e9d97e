"""Retraining on finitely many samples: what is not drawn is lost, gate or no gate.

A model that learns *n* samples exactly becomes their empirical distribution. Without a gate this is the
Wright-Fisher model of genetic drift: the mean stays, variety goes, and the rare goes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from collapse_lab.theory.reweight import gated

if TYPE_CHECKING:
    from numpy.typing import NDArray


def resample(
    p: NDArray[np.float64],
    samples: int,
    rounds: int,
    random: np.random.Generator,
    g: NDArray[np.float64] | None = None,
    repeats: int = 1,
) -> NDArray[np.float64]:
    """Return *repeats* histories of retraining on *samples* accepted programs a round.

    *p*, shape (programs,), is round 0; *g*, the same shape, is the gate (none: all are accepted). The result has
    the shape (repeats, rounds + 1, programs). Raises ``NothingAcceptedError`` where a gate accepts nothing.
    """
    if samples < 1:
        raise ValueError(f"A round needs at least one sample, not {samples}.")
    history = np.empty((repeats, rounds + 1, len(p)))
    history[:, 0] = p
    for t in range(rounds):
        before = history[:, t]
        chances = before if g is None else np.stack([gated(row, g) for row in before])
        history[:, t + 1] = random.multinomial(samples, chances) / samples
    return history


def loss_chance(p: NDArray[np.float64], samples: int) -> NDArray[np.float64]:
    """Return the chance that a program is gone after one round: (1 - p)^n, shape (programs,)."""
    return np.asarray((1 - p) ** samples, np.float64)


def variety(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Gini-Simpson index 1 - sum p^2 over the last axis: the chance that two samples differ."""
    return np.asarray(1 - (p**2).sum(axis=-1), np.float64)


def expected_variety(first: float, samples: int, rounds: int) -> float:
    """Return what ``variety`` is expected to be after *rounds* without a gate: first (1 - 1 / n)^rounds, exactly."""
    return float(first * (1 - 1 / samples) ** rounds)
