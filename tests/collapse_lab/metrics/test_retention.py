from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.metrics.retention import area, retention, slope

curves = st.lists(st.floats(0.01, 1), min_size=2, max_size=12)


def test_retention_is_the_last_by_the_first() -> None:
    assert retention([0.8, 0.9, 0.4]) == 0.5
    assert retention([0.8]) == 1.0
    assert retention([]) is None
    assert retention([0.0, 0.1]) is None


@given(curves)
def test_area_is_the_mean_of_neighbours_heights(scores: list[float]) -> None:
    heights = [s / scores[0] for s in scores]
    expected = sum((a + b) / 2 for a, b in pairwise(heights)) / (len(scores) - 1)
    assert area(scores) == pytest.approx(expected)


def test_area_is_one_where_nothing_is_lost_and_undefined_without_rounds() -> None:
    assert area([0.7, 0.7, 0.7]) == 1.0
    assert area([0.7]) is None
    assert area([0.0, 0.7]) is None


@given(curves)
def test_slope_is_that_of_least_squares(scores: list[float]) -> None:
    assert slope(scores) == pytest.approx(np.polyfit(range(len(scores)), scores, 1)[0], abs=1e-9)


def test_slope_is_a_round() -> None:
    assert slope([0.9, 0.8, 0.7]) == pytest.approx(-0.1)
    assert slope([0.9]) is None
