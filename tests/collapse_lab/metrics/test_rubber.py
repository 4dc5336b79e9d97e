from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.metrics.rubber import rubber_stamp_index, total_variation


def test_more_leniency_than_skill_is_a_rubber_stamp() -> None:
    assert rubber_stamp_index(0.9, 0.5, 0.4, 0.6) == pytest.approx(0.6)
    assert rubber_stamp_index(0.6, 0.5, 0.7, 0.6) == pytest.approx(0)
    assert rubber_stamp_index(0.4, 0.5, 0.6, 0.6) == pytest.approx(-0.1)


@pytest.mark.parametrize("missing", range(4))
def test_it_is_undefined_where_a_part_is(missing: int) -> None:
    assert rubber_stamp_index(*(None if place == missing else 0.5 for place in range(4))) is None


kinds = st.lists(st.sampled_from("abc"), min_size=1)


@given(kinds, kinds)
def test_it_is_the_largest_difference_over_sets_of_kinds(accepted: list[str], raw: list[str]) -> None:
    sets = [{k for k, bit in zip("abc", f"{i:03b}", strict=True) if bit == "1"} for i in range(8)]
    gaps = [sum(k in s for k in accepted) / len(accepted) - sum(k in s for k in raw) / len(raw) for s in sets]
    assert total_variation(accepted, raw) == pytest.approx(max(gaps), abs=1e-12)


def test_a_coin_changes_little_and_nothing_is_undefined() -> None:
    toss = random.Random(0)
    raw = [toss.choice("abcdef") for _ in range(4000)]
    assert total_variation([kind for kind in raw if toss.random() < 0.5], raw) < 0.03
    assert total_variation([], raw) is None
    assert total_variation(raw, []) is None


@given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9), min_size=1), st.permutations(range(10)))
def test_what_kinds_are_called_changes_no_digit(accepted: list[int], raw: list[int], names: list[int]) -> None:
    """The order of a set of words hangs on the process; a run that was killed and goes on is several processes."""
    renamed = total_variation([names[kind] for kind in accepted], [names[kind] for kind in raw])
    assert renamed == total_variation(accepted, raw)
