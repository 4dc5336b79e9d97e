from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from collapse_lab.metrics.intervals import Interval, bootstrap, holm, mcnemar, paired, ratio, wilson


def scores(seeds: int, tasks: int, random: np.random.Generator, between: float = 1.0) -> np.ndarray:
    """Scores with an effect of the seed, of the task, and of both."""
    effects = between * random.normal(size=(seeds, 1)) + random.normal(size=(1, tasks))
    return np.asarray(effects + random.normal(size=(seeds, tasks)))


def test_wilson_is_the_published_formula() -> None:
    z, n, p = 1.959963984540054, 164, 19 / 164
    centre, half = (p + z**2 / (2 * n)) / (1 + z**2 / n), z / (1 + z**2 / n) * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    found = wilson(19, 164)
    assert found is not None
    assert (found.estimate, found.low, found.high) == pytest.approx((p, centre - half, centre + half))
    assert wilson(0, 0) is None


def test_one_seed_draws_tasks_as_scipy_does() -> None:
    values = np.random.default_rng(1).random((1, 200))
    found = bootstrap(values, repeats=9999)
    theirs = stats.bootstrap((values[0],), np.mean, n_resamples=9999, method="percentile", rng=2).confidence_interval
    assert found is not None
    assert found.estimate == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.003)


def test_one_task_draws_seeds() -> None:
    values = np.random.default_rng(1).random((200, 1))
    assert bootstrap(values, repeats=9999).high == pytest.approx(bootstrap(values.T, repeats=9999).high, abs=0.005)


def test_a_draw_is_the_block_where_seeds_and_tasks_cross() -> None:
    values = np.array([[0.0, 1.0], [10.0, 100.0]])
    # Rows 0 0, 0 1, 1 1 and columns 0 0, 0 1, 1 1 give nine means; nothing else can be drawn.
    rows = [values[[i, j]] for i, j in ((0, 0), (0, 1), (1, 1))]
    possible = {float(block[:, [i, j]].mean()) for block in rows for i, j in ((0, 0), (0, 1), (1, 1))}
    seen = {bootstrap(values, repeats=1, seed=seed).low for seed in range(200)}
    assert {round(value, 9) for value in seen} == {round(value, 9) for value in possible}


def test_the_interval_covers_the_truth() -> None:
    random = np.random.default_rng(3)
    found = [bootstrap(scores(25, 30, random), repeats=300, seed=i) for i in range(120)]
    covered = np.mean([i.low <= 0 <= i.high for i in found])
    assert 0.90 <= covered <= 1.0
    # One that took samples for independent would not.
    naive = [bootstrap(scores(25, 30, random).reshape(1, -1), repeats=300, seed=i) for i in range(120)]
    assert np.mean([i.low <= 0 <= i.high for i in naive]) < 0.6


def test_the_same_call_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(4).random((3, 50))
    assert bootstrap(values) == bootstrap(values.copy()) != bootstrap(values, seed=1)


def test_a_wider_level_is_wider() -> None:
    values = np.random.default_rng(4).random((3, 50))
    wide, narrow = bootstrap(values, level=0.99), bootstrap(values, level=0.5)
    assert wide.low < narrow.low < narrow.estimate < narrow.high < wide.high


def test_what_both_share_cancels_out_in_a_difference() -> None:
    random = np.random.default_rng(5)
    common = scores(3, 100, random, between=5.0)
    found = paired(common + 0.25, common)
    assert (found.low, found.estimate, found.high) == pytest.approx((0.25, 0.25, 0.25))
    assert bootstrap(common + 0.25).high - bootstrap(common + 0.25).low > 1


def test_a_ratio_is_paired_and_that_of_the_means() -> None:
    b = np.random.default_rng(6).random((3, 40)) + 0.1
    found = ratio(0.6 * b, b)
    assert (found.low, found.estimate, found.high) == pytest.approx((0.6, 0.6, 0.6))
    a = np.random.default_rng(7).random((3, 40))
    assert ratio(a, b).estimate == pytest.approx(a.mean() / b.mean())


def test_a_ratio_to_nothing_is_undefined() -> None:
    none = np.zeros((1, 10))
    assert ratio(none + 1, none) is None
    rare = none.copy()
    rare[0, 0] = 1  # missing from a third of the draws
    assert ratio(none + 1, rare) is None
    assert ratio(np.zeros((0, 3)), np.zeros((0, 3))) is None


def test_scores_that_are_not_paired_are_refused() -> None:
    for compare in (paired, ratio, mcnemar):
        with pytest.raises(ValueError, match="same seeds and tasks"):
            compare(np.zeros((1, 3)), np.zeros((1, 4)))
    with pytest.raises(ValueError, match="shape"):
        bootstrap(np.zeros(3))


def test_nothing_has_no_interval() -> None:
    assert bootstrap(np.zeros((3, 0))) is None


def test_mcnemar_is_a_sign_test_on_the_tasks_that_differ() -> None:
    a = np.array([True] * 9 + [False] * 2 + [True] * 30)
    b = np.array([False] * 9 + [True] * 2 + [True] * 30)
    assert mcnemar(a, b) == pytest.approx(stats.binomtest(2, 11).pvalue) == mcnemar(b, a)
    assert mcnemar(a, a) == 1.0


def test_holm_multiplies_by_what_is_left_and_never_falls() -> None:
    ps = [0.01, 0.04, 0.03, 0.005]
    assert holm(ps) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_an_interval_knows_its_level() -> None:
    assert wilson(1, 2, level=0.9).level == 0.9
    assert Interval(0.5, 0.4, 0.6).level == 0.95
