"""Gated reweighting, and the two theorems, on random distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from collapse_lab.theory.reweight import NothingAcceptedError, acceptance, distance, gated, step, trajectory
from collapse_lab.theory.theorems import disagreement, gate_effect, review_bound, self_confirming

SIZES = st.integers(1, 12)
SLACK = 1e-9


@st.composite
def worlds(draw, gates: int = 1):
    """A distribution, with zeros in it, and as many gates."""
    size = draw(SIZES)
    raw = draw(arrays(np.float64, size, elements=st.sampled_from([0.0, 1e-6, 0.1, 0.5, 1.0, 3.0]) | st.floats(0, 1)))
    assume(raw.sum() > 1e-9)
    chances = st.sampled_from([0.0, 1.0]) | st.floats(0, 1)
    return raw / raw.sum(), *[draw(arrays(np.float64, size, elements=chances)) for _ in range(gates)]


@given(worlds())
def test_gated_is_a_distribution_on_what_was_there(world) -> None:
    p, g = world
    assume(acceptance(p, g) > 1e-6)
    q = gated(p, g)
    assert q.sum() == pytest.approx(1)
    assert (q >= 0).all() and (q[(p == 0) | (g == 0)] == 0).all()


@given(worlds(), st.floats(1e-3, 1))
def test_constant_acceptance_is_no_review(world, rate: float) -> None:
    """Theorem 2.3, over rounds: what the gate says of programs that are never written does not matter."""
    p, elsewhere = world
    g = np.where(p > 0, rate, elsewhere)
    assert self_confirming(p, g)
    for row in trajectory(p, g, rounds=3):
        assert distance(row, p) <= SLACK


@given(worlds())
def test_review_changes_at_most_its_spread(world) -> None:
    p, g = world
    assume(acceptance(p, g) > 1e-6)
    found = gate_effect(p, g)
    assert found.distance <= found.bound + SLACK
    # Exactly: the mean distance of acceptance from its mean, over it.
    assert found.distance == pytest.approx(float(p @ np.abs(g - p @ g)) / acceptance(p, g), abs=1e-7)


def test_a_gate_that_separates_is_not_self_confirming() -> None:
    p = np.array([0.5, 0.5])
    assert not self_confirming(p, np.array([1.0, 0.5]))
    assert not self_confirming(p, np.array([0.0, 0.0]))
    assert gate_effect(p, np.array([1.0, 0.0])).distance == pytest.approx(1)


@given(worlds(gates=2))
def test_reviews_that_agree_lead_to_the_same_place(world) -> None:
    """Theorem 2.6, with z0 the larger acceptance, hence with every smaller one as well."""
    p, a, h = world
    assume(min(acceptance(p, a), acceptance(p, h)) > 1e-6)
    found = review_bound(p, a, h)
    assert found.distance <= found.bound + 1e-7


@given(worlds(gates=2))
def test_the_uniform_reading_follows(world) -> None:
    p, a, h = world
    low = min(acceptance(p, a), acceptance(p, h))
    assume(low > 1e-6)
    assert disagreement(p, a, h) <= np.abs(a - h).max() + SLACK
    assert review_bound(p, a, h).distance <= 2 * np.abs(a - h).max() / low + 1e-7


def test_the_bound_is_reached() -> None:
    """An AI that rejects a part of what people accept: both sides are 2 t / (s + t)."""
    found = review_bound(np.array([0.3, 0.2, 0.5]), np.array([1.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0]))
    assert found.distance == pytest.approx(found.bound) == pytest.approx(2 * 0.2 / 0.5)


def test_agreement_on_human_code_bounds_nothing() -> None:
    """Measured on what people write, the two gates agree; on what the model writes they do not."""
    model, human = np.array([0.0, 0.5, 0.5]), np.array([1.0, 0.0, 0.0])
    a, h = np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0])
    assert disagreement(human, a, h) == 0
    assert review_bound(model, a, h).distance == pytest.approx(2)


@given(worlds(gates=2), st.floats(0.01, 1))
def test_a_human_share_keeps_what_people_write(world, share: float) -> None:
    p, g, raw = world
    assume(acceptance(p, g) > 1e-6 and raw.sum() > 1e-6)
    human = raw / raw.sum()
    q = step(p, g, human, share)
    assert q.sum() == pytest.approx(1)
    assert (q >= share * human - SLACK).all()
    assert distance(q, human) <= (1 - share) * distance(gated(p, g), human) + 1e-7


def test_what_is_no_distribution_is_refused() -> None:
    with pytest.raises(NothingAcceptedError, match="nothing"):
        gated(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="sums to 1"):
        gated(np.array([0.5, 0.1]), np.array([1.0, 1.0]))
    with pytest.raises(ValueError, match="between 0 and 1"):
        gated(np.array([0.5, 0.5]), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="shapes"):
        gated(np.array([0.5, 0.5]), np.array([1.0]))
    with pytest.raises(ValueError, match="human distribution"):
        step(np.array([1.0]), np.array([1.0]), share=0.5)
    assert step(np.array([1.0]), np.array([0.0]), np.array([1.0]), share=1.0) == pytest.approx([1.0])
