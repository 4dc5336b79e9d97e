"""Which documents stand in which batch: by seed, every document as often as any other, little padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from collapse_lab.sample import seed_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Batches among which documents are sorted by length: enough to save most padding, few enough that a batch is still of
# many lengths (among 16, a pocket base learned less from the same documents).
_WINDOW = 4


def batches(lengths: Sequence[int], batch: int, steps: int, seed: int) -> NDArray[np.int64]:
    """Return the documents' indices, shape (steps, batch).

    The stream is one shuffled pass over all documents after another. Each window of it is sorted by length, cut into
    batches, and the batches are shuffled.
    """
    if steps == 0:
        return np.zeros((0, batch), np.int64)
    random = np.random.Generator(np.random.Philox(key=seed_of("order", seed)))
    passes = -(-steps * batch // len(lengths))
    stream = np.concatenate([random.permutation(len(lengths)) for _ in range(passes)])[: steps * batch]
    sizes = np.asarray(lengths, np.int64)
    made = []
    for at in range(0, len(stream), _WINDOW * batch):
        window = stream[at : at + _WINDOW * batch]
        cut = window[np.argsort(sizes[window], kind="stable")].reshape(-1, batch)
        made.append(cut[random.permutation(len(cut))])
    return np.concatenate(made)
