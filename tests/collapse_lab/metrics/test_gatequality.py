from __future__ import annotations

import json
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score

from collapse_lab.metrics.gatequality import quality

rows = st.lists(st.tuples(st.booleans(), st.booleans(), st.none() | st.integers(-2, 2)), min_size=1, max_size=20)


@given(rows)
def test_it_is_what_counting_gives(made: list[tuple[bool, bool, int | None]]) -> None:
    accepted, truth, scores = (list(column) for column in zip(*made, strict=True))
    found = quality(np.array(accepted), np.array(truth), scores)
    wrong = [a for a, t, _ in made if not t]
    assert found.acceptance == pytest.approx(sum(accepted) / len(made))
    assert found.wrong_accept_rate == (pytest.approx(sum(wrong) / len(wrong)) if wrong else None)
    assert found.precision == (pytest.approx(precision_score(truth, accepted)) if any(accepted) else None)
    assert (
        found.recall
        == found.right_accept_rate
        == (pytest.approx(recall_score(truth, accepted)) if any(truth) else None)
    )
    ranked = [(t, -inf if s is None else s) for _, t, s in made]
    pairs = [(s > other) + (s == other) / 2 for t, s in ranked if t for u, other in ranked if not u]
    known = any(s is not None for s in scores)
    assert found.auroc == (pytest.approx(sum(pairs) / len(pairs)) if pairs and known else None)


def test_a_sample_without_a_finite_score_ranks_last() -> None:
    truth = np.array([True, True, False])
    assert quality(truth, truth, [1e300, 2.0, nan]).auroc == 1.0
    assert quality(truth, truth, [None, 2.0, 1.0]).auroc == 0.5
    assert quality(truth, truth, [inf, 2.0, 1.0]).auroc == 0.5


def test_nothing_is_undefined_not_zero() -> None:
    nothing = np.array([], bool)
    found = quality(nothing, nothing, [])
    assert found.n == 0
    assert set(found.as_dict().values()) == {0, None}
    json.dumps(found.as_dict(), allow_nan=False)
    assert quality(nothing, nothing).auroc is None
