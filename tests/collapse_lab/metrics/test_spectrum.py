from __future__ import annotations

import json

import numpy as np
import pytest

from collapse_lab.metrics.spectrum import spectrum

HIDDEN = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32) @ np.diag([4, 3, 2, 1, 1, 0.5, 0.1, 0.1])


def test_it_is_that_of_the_centred_covariance() -> None:
    values = np.sort(np.linalg.eigvalsh(np.cov(HIDDEN, rowvar=False)))[::-1]
    shares = values / values.sum()
    found = spectrum(HIDDEN + 100)
    assert found.effective_rank == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))
    assert found.participation_ratio == pytest.approx(values.sum() ** 2 / (values**2).sum())
    assert found.first_share == pytest.approx(shares[0])
    assert found.first_to_second == pytest.approx(values[0] / values[1])


def test_neither_scale_nor_rotation_nor_order_counts() -> None:
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]
    changed = (HIDDEN[::-1] * 7) @ rotation
    assert list(spectrum(changed).as_dict().values()) == pytest.approx(list(spectrum(HIDDEN).as_dict().values()))


def test_equal_directions_all_count() -> None:
    found = spectrum(np.vstack([np.eye(6), -np.eye(6)]))
    assert found.effective_rank == pytest.approx(6)
    assert found.participation_ratio == pytest.approx(6)
    assert found.first_to_second == pytest.approx(1)


def test_one_direction_has_no_second() -> None:
    found = spectrum(np.outer(np.arange(5.0), np.ones(4)) + 0.1)
    assert found.effective_rank == pytest.approx(1)
    assert found.first_share == pytest.approx(1)
    assert found.first_to_second is None


@pytest.mark.parametrize("hidden", [np.full((5, 3), 0.1), np.ones((1, 3)), np.zeros((0, 3)), HIDDEN * np.nan])
def test_what_does_not_vary_or_is_not_finite_has_no_spectrum(hidden: np.ndarray) -> None:
    assert json.loads(json.dumps(spectrum(hidden).as_dict(), allow_nan=False)) == dict.fromkeys(
        ("effective_rank", "participation_ratio", "first_share", "first_to_second")
    )
