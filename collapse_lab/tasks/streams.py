"""Random streams by name, and draws from them."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random

from collapse_lab.sample import seed_of


def stream(*parts: str | int) -> Random:
    """Return the stream that *parts* name: the same in every process, unrelated for other parts."""
    return Random(seed_of("tasks", *parts))  # noqa: S311  # a study's draw, no secret


def cumulative(weights: Sequence[float]) -> list[float]:
    """Return the running shares of *weights*; the last is 1."""
    total = sum(weights)
    return [share / total for share in accumulate(weights)]


def drawn(shares: Sequence[float], random: Random) -> int:
    """Return an index with the probabilities behind ``cumulative`` shares."""
    return min(bisect(shares, random.random()), len(shares) - 1)
