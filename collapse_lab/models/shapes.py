"""Batches of fixed shapes: what is computed for a row must not depend on the rows beside it.

The kernels of a linear algebra library are chosen by the shape of the whole batch, and with them the order of its
sums. So every batch of a bucket has the same number of rows and columns, the last one filled up with rows of padding,
and the bucket follows from the row's own length. A row's place in its batch does not matter (the tests hold that).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def bucket(length: int, step: int = 16) -> int:
    """Return the columns for a row of *length* tokens: multiples of *step* up to eight of them, then ever coarser."""
    while length > 8 * step:
        step *= 2
    return -(-length // step) * step


def batches(lengths: Sequence[int], tokens: int, limit: int) -> Iterator[tuple[int, int, list[int]]]:
    """Yield (rows, columns, places): which of the *lengths* belong together, at most *rows* of them, in buckets.

    ``rows`` times ``columns`` is at most *tokens*, but for single rows that are longer; no bucket is wider than
    *limit*, the model's context.
    """
    by_bucket: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        by_bucket.setdefault(min(bucket(length), limit), []).append(place)
    for columns, places in sorted(by_bucket.items()):
        rows = max(1, tokens // columns)
        for at in range(0, len(places), rows):
            yield rows, columns, places[at : at + rows]


def grid(
    texts: Sequence[Sequence[int]], rows: int, columns: int, pad: int, device: torch.device | str = "cpu"
) -> torch.Tensor:
    """Return tokens padded on the right to (rows, columns), int64."""
    import torch

    filled = [[*ids, *[pad] * (columns - len(ids))] for ids in texts]
    filled += [[pad] * columns] * (rows - len(texts))
    return torch.tensor(filled, dtype=torch.int64, device=device)
