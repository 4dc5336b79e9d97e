from __future__ import annotations

from math import inf, nan

import pytest

from collapse_lab.metrics.drift import Drift, drift
from collapse_lab.models.model import Score


def test_every_token_counts_the_same() -> None:
    losses, entropies = [[1.0, 2.0, 6.0], [0.5]], [[0.1, 0.2, 0.3], [1.0]]
    rows = [Score(sum(one), len(one), sum(e) / len(e)) for one, e in zip(losses, entropies, strict=True)]
    found = drift(rows)
    assert found.mean_nll == pytest.approx(9.5 / 4)
    assert found.entropy == pytest.approx(1.6 / 4)


def test_nothing_has_no_mean_and_a_broken_model_none_either() -> None:
    assert drift([]) == Drift(None, None)
    assert drift([Score(0.0, 0, 0.0)]) == Drift(None, None)
    assert drift([Score(inf, 2, 1.0)]) == Drift(None, 1.0)
    assert drift([Score(2.0, 2, nan)]) == Drift(1.0, None)
