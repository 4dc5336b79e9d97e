"""Exposure: what is kept at a share of unreviewed synthetic data."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.evidence.exposure import estimate, read_exposure
from gates.evidence.sealed import SealError, seal
from tests.gates.evidence.made_up import exposure, text

SHARES = [point.share for point in exposure().points]


def test_a_measured_share_has_its_own_interval() -> None:
    found = estimate(exposure(), 0.5)
    assert found is not None
    assert (found.below, found.retention) == (found.above, found.below.retention)


@given(st.floats(0, 1))
def test_between_two_points_lies_what_is_between_theirs(share: float) -> None:
    found = estimate(exposure(), share)
    assert found is not None
    assert found.below.share <= share <= found.above.share
    ends = sorted([found.below.retention.estimate, found.above.retention.estimate])
    assert ends[0] - 1e-12 <= found.retention.estimate <= ends[1] + 1e-12
    assert found.retention.low <= found.retention.estimate <= found.retention.high


def test_outside_of_what_was_measured_nothing_is_said() -> None:
    narrow = exposure().model_copy(update={"points": exposure().points[1:3]})
    assert estimate(narrow, 0.1) is None
    assert estimate(narrow, 1.0) is None


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_is_an_error(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        estimate(exposure(), share)


def test_points_out_of_order_are_refused() -> None:
    whole = json.loads(text(exposure()))
    whole["points"].reverse()
    whole["hash"] = seal(whole)
    with pytest.raises(SealError):
        read_exposure(json.dumps(whole).encode())
