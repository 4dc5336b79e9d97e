"""How strong training is, from the two arms that no gate has a part in: `none` and `human`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from collapse_lab.theory.simulate import Review, Strength, World, expected

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNGATED = Review()
HUMAN_ONLY = Review(right=0.0, wrong=0.0, human=1.0)


def fit(world: World, none: NDArray[np.float64], human: NDArray[np.float64]) -> Strength:
    """Return the strength that comes nearest, in least squares, to the measured curves of the two controls.

    *none* and *human*, shape (rounds + 1, strata), are sampled pass@1 by round and stratum; rounds may differ.
    One rate for all strata, one fidelity for each; 1 + strata numbers from (rounds of both) x strata. Raises
    ``ValueError`` where neither control has a round after round 0.
    """
    from scipy.optimize import least_squares

    if len(none) + len(human) < 3:
        raise ValueError("Training strength needs a round of `none` and one of `human` to be fitted on.")
    strata = len(world.names)

    def misses(x: NDArray[np.float64]) -> NDArray[np.float64]:
        strength = Strength(float(x[0]), x[1:])
        found = [
            (expected(world, review, strength, len(curve) - 1) - curve)[1:].ravel()
            for review, curve in ((UNGATED, none), (HUMAN_ONLY, human))
        ]
        return np.concatenate(found)

    start = np.concatenate([[0.3], np.clip(world.solved, 0.05, 0.95)])
    solved = least_squares(misses, start, bounds=(np.zeros(strata + 1), np.ones(strata + 1)))
    return Strength(float(solved.x[0]), np.asarray(solved.x[1:], np.float64))
