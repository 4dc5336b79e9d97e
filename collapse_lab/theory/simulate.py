"""A simulator of an arm: millions of programs, each right or wrong, each accepted or not.

What it knows: kinds of task with Zipf weights, cut into strata; for each stratum the share that the base solves; how
often the gate accepts a right and a wrong sample of round 0; how many samples a round has. What it does not know:
programs. So it can only be as good as the assumption that what counts is how much of the accepted code is right.

One round, for kind k with solve probability p_k: of the round's samples n_k fall on the kind (multinomial by weight),
of these Binomial(n_k, p_k) are right, and the gate accepts right and wrong ones at its two rates. Training on what
was accepted moves the kind by ``rate`` towards ``fidelity`` times the share of right code in it:

    p_k <- (1 - rate) p_k + rate * fidelity[stratum of k] * q_k

``fidelity`` below 1 says that copying right code is no guarantee of writing it; ``q_k`` leans on the whole pool by
``BORROWED`` pseudo-samples, because a kind that was not accepted once is still taught by the others. Both numbers of
``Strength`` are fitted on controls (``theory.fit``), never on the arm that is predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BORROWED = 4.0
"""Pseudo-samples that a kind takes from the whole pool; set before any result existed, and never fitted."""
KINDS = 200
"""Kinds of task in a simulated world: so many that the rarest are not seen in every round."""


@dataclass(frozen=True)
class World:
    """What is asked of the model. ``weight`` (kinds,) sums to 1; ``stratum`` (kinds,) are indices into ``names``;
    ``solved`` (strata,) is the base's sampled pass@1; ``share`` (strata,) are the strata's shares of the benchmark."""

    names: tuple[str, ...]
    weight: NDArray[np.float64]
    stratum: NDArray[np.int64]
    solved: NDArray[np.float64]
    share: NDArray[np.float64]


@dataclass(frozen=True)
class Review:
    """How a gate treats samples: the chances that a right and a wrong one are accepted, and the human share of what
    is trained on. ``human`` alone is the control that never sees a sample."""

    right: float = 1.0
    wrong: float = 1.0
    human: float = 0.0


@dataclass(frozen=True)
class Strength:
    """What training does: how far a round moves a model, and how well right code is copied, by stratum (strata,)."""

    rate: float
    fidelity: NDArray[np.float64]


def zipf_world(solved: dict[str, float], share: dict[str, float], exponent: float, kinds: int = KINDS) -> World:
    """Return a world of *kinds* kinds with weights 1 / rank^exponent, cut into strata from the most frequent on.

    *solved* and *share* have one number a stratum, the most frequent stratum first. Each stratum gets an equal
    number of kinds, as few or as many as are left for the last.
    """
    names = tuple(solved)
    if set(share) != set(names) or not names:
        raise ValueError(f"Solve rates and shares name the same strata; these name {names} and {tuple(share)}.")
    weight = 1 / np.arange(1, kinds + 1) ** exponent
    stratum = np.minimum(np.arange(kinds) * len(names) // kinds, len(names) - 1)
    parts = np.array([share[name] for name in names], np.float64)
    return World(
        names,
        weight / weight.sum(),
        stratum.astype(np.int64),
        np.array([solved[name] for name in names], np.float64),
        parts / parts.sum(),
    )


def expected(world: World, review: Review, strength: Strength, rounds: int) -> NDArray[np.float64]:
    """Return each stratum's solve probability, shape (rounds + 1, strata), with infinitely many samples a round."""
    p = world.solved.copy()
    rows = [p]
    of_pool = np.bincount(world.stratum, world.weight, len(world.names))
    for _ in range(rounds):
        right, wrong = p * review.right, (1 - p) * review.wrong
        rows.append(
            p := _learnt(p, right * of_pool, (right + wrong) * of_pool, review, strength, 0.0, strength.fidelity)
        )
    return np.stack(rows)


def simulate(
    world: World, review: Review, strength: Strength, samples: int, rounds: int, repeats: int = 1000, seed: int = 0
) -> NDArray[np.float64]:
    """Return *repeats* histories of pass@1 by stratum, shape (repeats, rounds + 1, strata).

    *samples* programs are drawn in each round of each repeat: 1,000 repeats of 5 rounds of 600 are three million.
    """
    random = np.random.default_rng(seed)
    kinds, fidelity = len(world.weight), strength.fidelity[world.stratum]
    p = np.tile(world.solved[world.stratum], (repeats, 1))
    history = np.empty((repeats, rounds + 1, len(world.names)))
    history[:, 0] = world.solved
    members = [world.stratum == index for index in range(len(world.names))]
    for t in range(1, rounds + 1):
        drawn = random.multinomial(samples, world.weight, size=repeats)
        good = random.binomial(drawn, p)
        right = random.binomial(good, review.right).astype(np.float64)
        total = right + random.binomial(drawn - good, review.wrong)
        p = _learnt(p, right, total, review, strength, BORROWED, fidelity)
        for index, member in enumerate(members):
            # A benchmark asks for each kind of a stratum alike.
            history[:, t, index] = p[:, member].mean(axis=1)
    assert p.shape == (repeats, kinds)
    return history


def overall(world: World, curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return pass@1 on the benchmark from curves by stratum, over their last axis."""
    return np.asarray(curves @ world.share, np.float64)


def _learnt(
    p: NDArray[np.float64],
    right: NDArray[np.float64],
    total: NDArray[np.float64],
    review: Review,
    strength: Strength,
    borrowed: float,
    fidelity: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return p after training on *total* accepted samples, *right* of them right; kinds are the last axis."""
    every = total.sum(axis=-1, keepdims=True)
    whole = np.divide(right.sum(axis=-1, keepdims=True), every, out=np.zeros_like(every), where=every > 0)
    below = total + borrowed
    share = np.divide(right + borrowed * whole, below, out=np.broadcast_to(whole, below.shape).copy(), where=below > 0)
    share = (1 - review.human) * share + review.human
    moved = np.clip((1 - strength.rate) * p + strength.rate * fidelity * share, 0, 1)
    # Where nothing was accepted and no human document is there, nothing is trained.
    return np.where((every > 0) | (review.human > 0), moved, p)
