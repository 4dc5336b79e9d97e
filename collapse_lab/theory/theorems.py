"""Statements of arXiv 2606.28438 on gated retraining, with the quantities spelt out so that they can be tested.

Notation: q is the model's distribution, g a gate's acceptance, z = sum q g the share it accepts, q_g = q g / z what
the next round is trained on (``theory.reweight``). Only the statements are the paper's; the forms with a number on
the right-hand side, and the proofs, are in the docstrings here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from collapse_lab.theory.reweight import acceptance, distance, gated

if TYPE_CHECKING:
    from numpy.typing import NDArray


def self_confirming(q: NDArray[np.float64], g: NDArray[np.float64], tolerance: float = 0.0) -> bool:
    """Return whether the gate's acceptance is constant on what the model writes: the condition of Theorem 2.3.

    Constant means that g differs by at most *tolerance* between programs with q > 0, and is above 0 there. What the
    gate would say of programs that the model never writes does not matter.
    """
    seen = g[q > 0]
    return bool(seen.min() > 0 and np.ptp(seen) <= tolerance)


@dataclass(frozen=True, slots=True)
class Bound:
    """A distance, and what a theorem says that it cannot exceed."""

    distance: float
    bound: float


def gate_effect(q: NDArray[np.float64], g: NDArray[np.float64]) -> Bound:
    """Return ||q_g - q||_1, what one round of review changes at all, and its bound (max g - min g) / z.

    Theorem 2.3 is the case where both are 0: with acceptance constant on the model's own output, gated training is
    ungated training. Max and min are over programs with q > 0. Proof: ||q_g - q||_1 = E_q |g - z| / z exactly, and z,
    a mean of g, lies between its min and max. Needs z > 0 (``NothingAcceptedError`` otherwise), and exact learning:
    with finitely many samples a constant gate still makes the training set smaller.
    """
    seen = g[q > 0]
    return Bound(distance(gated(q, g), q), float(np.ptp(seen)) / acceptance(q, g))


def disagreement(q: NDArray[np.float64], a: NDArray[np.float64], h: NDArray[np.float64]) -> float:
    """Return eps = E_q |a - h|: how far two gates differ on the model's own output, from 0 to 1."""
    acceptance(q, a), acceptance(q, h)
    return float(q @ np.abs(a - h))


def review_bound(q: NDArray[np.float64], a: NDArray[np.float64], h: NDArray[np.float64]) -> Bound:
    """Return ||q_a - q_h||_1 and the bound 2 eps / z0 of Theorem 2.6, with *a* for the AI's and *h* for human review.

    The assumptions, which decide whether it holds: both gates judge the output of the *same* model q; eps is
    ``disagreement`` under that q (a bound of |a - h| that holds everywhere will do as well, as it is no smaller); z0
    is positive and at most the larger of the two acceptances z_a and z_h. A common lower bound of both is the
    weaker, usual reading; here z0 is the larger of the two, the sharpest that is true, and there are gates for which
    both sides are equal. With eps measured under another distribution, say human code, the statement is false
    (a test has the counterexample). Proof, with z_a >= z_h without loss of generality:
    ||q a / z_a - q h / z_h||_1 <= E_q|a - h| / z_a + z_h |1 / z_a - 1 / z_h|
    = (eps + |z_a - z_h|) / z_a <= 2 eps / z_a.
    """
    z0 = max(acceptance(q, a), acceptance(q, h))
    return Bound(distance(gated(q, a), gated(q, h)), 2 * disagreement(q, a, h) / z0)
