from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.metrics.passk import mean_pass_at_k, pass_at_k


@given(st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_it_is_the_share_of_choices_with_a_sample_that_passes(nck: tuple[int, int, int]) -> None:
    n, c, k = nck
    samples = [True] * c + [False] * (n - c)
    choices = list(combinations(samples, k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, choices)) / len(choices))


def test_it_is_exact_for_many_samples() -> None:
    # The product form of the paper's listing, which needs no large numbers.
    assert pass_at_k(200, 3, 100) == pytest.approx(1 - np.prod(1 - 100 / np.arange(198, 201)), rel=1e-12)


@pytest.mark.parametrize(("n", "c", "k"), [(2, 1, 3), (2, 3, 1), (2, 1, 0), (2, -1, 1), (0, 0, 1)])
def test_too_few_samples_are_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="cannot be estimated"):
        pass_at_k(n, c, k)


def test_the_mean_is_over_tasks() -> None:
    assert mean_pass_at_k(np.array([4, 2]), np.array([1, 2]), 2) == pytest.approx((0.5 + 1) / 2)
    assert mean_pass_at_k(np.array([], int), np.array([], int), 1) is None
