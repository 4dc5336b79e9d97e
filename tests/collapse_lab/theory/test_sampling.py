"""Drift by finite samples, against what is known of it exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_lab.theory.sampling import expected_variety, loss_chance, resample, variety

P = np.array([0.5, 0.3, 0.15, 0.05])


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_what_is_lost_never_returns(samples: int, rounds: int, seed: int) -> None:
    history = resample(P, samples, rounds, np.random.default_rng(seed), repeats=5)
    assert history.shape == (5, rounds + 1, 4)
    assert np.allclose(history.sum(axis=-1), 1)
    gone = history[:, :-1] == 0
    assert (history[:, 1:][gone] == 0).all()


def test_mean_stays_and_variety_falls_as_known() -> None:
    history = resample(P, 50, 4, np.random.default_rng(1), repeats=20_000)
    assert history[:, 4].mean(axis=0) == pytest.approx(P, abs=0.004)
    found = variety(history).mean(axis=0)
    assert found == pytest.approx([expected_variety(found[0], 50, t) for t in range(5)], abs=0.003)


def test_the_rare_goes_first() -> None:
    history = resample(P, 30, 1, np.random.default_rng(2), repeats=20_000)
    lost = (history[:, 1] == 0).mean(axis=0)
    assert lost == pytest.approx(loss_chance(P, 30), abs=0.01)
    assert lost[3] == lost.max()


def test_a_gate_holds_against_drift() -> None:
    gate = np.array([1.0, 1.0, 1.0, 0.0])
    history = resample(P, 1000, 3, np.random.default_rng(3), gate, repeats=3)
    assert (history[:, 1:, 3] == 0).all()


def test_no_samples_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        resample(P, 0, 1, np.random.default_rng(0))
