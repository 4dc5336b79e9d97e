"""pass@k: the chance that at least one of k samples passes, estimated without bias from n samples of which c passed.

M. Chen et al., "Evaluating Large Language Models Trained on Code", arXiv:2107.03374, 2021, equation 1.
"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return 1 - C(n - c, k) / C(n, k), exact up to the last rounding.

    Raises ``ValueError`` unless 1 <= k <= n and 0 <= c <= n: fewer than k samples say nothing without bias.
    """
    if not (1 <= k <= n and 0 <= c <= n):
        raise ValueError(f"pass@{k} cannot be estimated from {n} samples of which {c} passed.")
    return (comb(n, k) - comb(n - c, k)) / comb(n, k)


def mean_pass_at_k(n: NDArray[np.int64], c: NDArray[np.int64], k: int) -> float | None:
    """Return the mean pass@k over tasks; ``None`` without tasks.

    *n* and *c*, shape (tasks,), are the samples of each task and how many of them passed. Raises as ``pass_at_k``.
    """
    if len(n) == 0:
        return None
    each = [pass_at_k(int(samples), int(passed), k) for samples, passed in zip(n, c, strict=True)]
    return sum(each) / len(each)
