from __future__ import annotations

import pytest

from collapse_lab.metrics.degeneracy import Degeneracy, degeneracy


def test_shares_are_over_samples() -> None:
    found = degeneracy(["x = 1\nx = 1\n\nx = 1\n", "return x\n", ""], [False, True, True])
    assert found.stop_rate == pytest.approx(2 / 3)
    assert found.cap_rate == pytest.approx(1 / 3)
    assert found.repeated_line_share == pytest.approx((2 / 3 + 0 + 0) / 3)


def test_nothing_is_undefined() -> None:
    assert degeneracy([], []) == Degeneracy(None, None, None)
