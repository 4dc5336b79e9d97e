from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.models.order import batches


@given(st.integers(1, 70), st.integers(1, 9), st.integers(0, 40), st.integers(0, 5))
def test_every_document_comes_as_often_as_any_other(documents: int, batch: int, steps: int, seed: int) -> None:
    plan = batches(list(range(documents)), batch, steps, seed)
    assert plan.shape == (steps, batch)
    counts = Counter(plan.ravel().tolist())
    assert max(counts.values(), default=0) - min((counts[i] for i in range(documents)), default=0) <= 1


def test_it_hangs_on_the_seed() -> None:
    lengths = list(range(100))
    assert (batches(lengths, 8, 20, 1) == batches(lengths, 8, 20, 1)).all()
    assert (batches(lengths, 8, 20, 1) != batches(lengths, 8, 20, 2)).any()


def test_documents_of_a_batch_are_about_as_long() -> None:
    lengths = np.random.default_rng(0).integers(20, 120, 2000)
    plan = batches(lengths.tolist(), 16, 125, 0)
    sizes = lengths[plan]
    padded = (sizes.max(1) * 16).sum() / sizes.sum()
    assert padded < 1.2
    assert (lengths[:2000].reshape(-1, 16).max(1) * 16).sum() / lengths.sum() > 1.5


def test_short_and_long_batches_are_mixed() -> None:
    first = np.repeat(np.arange(4), 16)
    means = first[batches(first.tolist(), 16, 40, 0)].mean(1)
    assert (np.diff(means) < 0).any()
