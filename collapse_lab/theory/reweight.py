"""Training on what a gate accepted, as an operation on a distribution over finitely many programs.

``p``, shape (programs,): how likely the model writes each program; sums to 1. ``g``, shape (programs,): how likely
the gate accepts each, between 0 and 1. A model that learns the accepted samples exactly becomes ``gated(p, g)``:
learning that is not exact, and samples that are not infinitely many, are in ``theory.sampling`` and
``theory.simulate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDING = 1e-9


class NothingAcceptedError(ValueError):
    """A gate that accepts none of what a model writes: there is no distribution of accepted programs."""


def acceptance(p: NDArray[np.float64], g: NDArray[np.float64]) -> float:
    """Return z, the share of the model's samples that the gate accepts: the sum of p g."""
    _check(p, g)
    return float(p @ g)


def gated(p: NDArray[np.float64], g: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distribution of accepted programs, p g / z. Raises ``NothingAcceptedError`` where z is 0."""
    z = acceptance(p, g)
    if z <= 0:
        raise NothingAcceptedError("The gate accepts nothing that the model writes, so there is nothing to train on.")
    return p * g / z


def step(
    p: NDArray[np.float64],
    g: NDArray[np.float64],
    human: NDArray[np.float64] | None = None,
    share: float = 0.0,
) -> NDArray[np.float64]:
    """Return one round: (1 - share) gated(p, g) + share human. *human*, shape (programs,), sums to 1.

    With a share of 1 nothing of the model's is used, so that a gate that accepts nothing is no error.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"The human share is between 0 and 1, not {share}.")
    if share == 0:
        return gated(p, g)
    if human is None:
        raise ValueError("A human share above 0 needs the human distribution.")
    _check(p, g)
    _check(human, g)
    return human.copy() if share == 1 else (1 - share) * gated(p, g) + share * human


def trajectory(
    p: NDArray[np.float64],
    g: NDArray[np.float64],
    rounds: int,
    human: NDArray[np.float64] | None = None,
    share: float = 0.0,
) -> NDArray[np.float64]:
    """Return p_0 ... p_R, shape (rounds + 1, programs), under one unchanging gate."""
    rows = [np.asarray(p, np.float64)]
    for _ in range(rounds):
        rows.append(step(rows[-1], g, human, share))
    return np.stack(rows)


def distance(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Return ||p - q||_1, from 0 to 2: twice the total variation."""
    return float(np.abs(p - q).sum())


def _check(p: NDArray[np.float64], g: NDArray[np.float64]) -> None:
    if p.ndim != 1 or p.shape != g.shape:
        raise ValueError(
            f"A distribution and a gate have one number a program; the shapes are {p.shape} and {g.shape}."
        )
    if (p < 0).any() or abs(p.sum() - 1) > _ROUNDING * max(1, len(p)):
        raise ValueError("A distribution has no negative entries and sums to 1.")
    if (g < 0).any() or (g > 1 + _ROUNDING).any():
        raise ValueError("A gate accepts each program with a chance between 0 and 1.")
