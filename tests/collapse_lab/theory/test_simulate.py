"""The simulator: where it must agree with what is known, and what it may not look at."""

from __future__ import annotations

import numpy as np
import pytest

from collapse_lab.theory.fit import HUMAN_ONLY, UNGATED, fit
from collapse_lab.theory.simulate import Review, Strength, expected, overall, simulate, zipf_world

SOLVED = {"head": 0.8, "middle": 0.7, "tail": 0.5}
SHARE = {"head": 0.3, "middle": 0.35, "tail": 0.35}
WORLD = zipf_world(SOLVED, SHARE, 1.1)
STRENGTH = Strength(0.3, np.array([0.9, 0.8, 0.6]))


def test_the_world_is_cut_by_frequency() -> None:
    assert WORLD.weight.sum() == pytest.approx(1)
    assert (np.diff(WORLD.weight) < 0).all() and (np.diff(WORLD.stratum) >= 0).all()
    assert overall(WORLD, WORLD.solved) == pytest.approx(0.3 * 0.8 + 0.35 * 0.7 + 0.35 * 0.5)


def test_many_samples_come_to_what_is_expected() -> None:
    review = Review(right=0.95, wrong=0.4)
    found = simulate(WORLD, review, STRENGTH, samples=200_000, rounds=5, repeats=10)
    assert found.mean(axis=0) == pytest.approx(expected(WORLD, review, STRENGTH, 5), abs=0.02)


def test_a_toss_is_no_gate() -> None:
    """Theorem 2.3 again: acceptance at a constant rate expects the curve of no gate."""
    tossed = expected(WORLD, Review(0.6, 0.6), STRENGTH, 5)
    assert tossed == pytest.approx(expected(WORLD, UNGATED, STRENGTH, 5))


def test_a_better_gate_keeps_more() -> None:
    last = [
        overall(WORLD, simulate(WORLD, Review(1.0, wrong), STRENGTH, 600, 5, 200)).mean(axis=0)[-1]
        for wrong in (1.0, 0.5, 0.0)
    ]
    assert last == sorted(last) and last[2] - last[0] > 0.1


def test_perfect_review_is_human_data() -> None:
    assert expected(WORLD, Review(1, 0), STRENGTH, 4) == pytest.approx(expected(WORLD, HUMAN_ONLY, STRENGTH, 4))


def test_nothing_accepted_trains_nothing() -> None:
    closed = Review(0, 0)
    for found in (expected(WORLD, closed, STRENGTH, 3), simulate(WORLD, closed, STRENGTH, 600, 3, 5)[0]):
        assert found == pytest.approx(np.tile(WORLD.solved, (4, 1)))


def test_the_strength_is_found_again() -> None:
    found = fit(WORLD, expected(WORLD, UNGATED, STRENGTH, 5), expected(WORLD, HUMAN_ONLY, STRENGTH, 5))
    assert found.rate == pytest.approx(STRENGTH.rate, abs=1e-3)
    assert found.fidelity == pytest.approx(STRENGTH.fidelity, abs=1e-3)


def test_the_same_seed_is_the_same_history() -> None:
    one, two = (simulate(WORLD, Review(1, 0.5), STRENGTH, 100, 2, 50, seed=7) for _ in range(2))
    assert (one == two).all()


def test_what_cannot_be_used_is_refused() -> None:
    with pytest.raises(ValueError, match="same strata"):
        zipf_world(SOLVED, {"head": 1.0}, 1.1)
    with pytest.raises(ValueError, match="needs a round"):
        fit(WORLD, WORLD.solved[None], WORLD.solved[None])
