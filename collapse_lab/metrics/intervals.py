"""Intervals and tests: what a difference between two arms is worth.

Scores come as arrays of shape (seeds, tasks): row s holds what the arm's model of seed s scored on each task (0 or 1,
or the share of its samples that passed). Two arms are paired where they have the same seeds and tasks in the same
order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, and the bounds between which the true value lies in a share ``level`` of repetitions."""

    estimate: float
    low: float
    high: float
    level: float = _LEVEL


def wilson(successes: int, n: int, level: float = _LEVEL) -> Interval | None:
    """Return Wilson's interval of a proportion: for one sample a task, one seed. ``None`` where *n* is 0."""
    from statsmodels.stats.proportion import proportion_confint

    if n == 0:
        return None
    low, high = proportion_confint(successes, n, alpha=1 - level, method="wilson")
    return Interval(successes / n, float(low), float(high), level)


def bootstrap(
    values: NDArray[np.float64], repeats: int = 2000, seed: int = 0, level: float = _LEVEL
) -> Interval | None:
    """Return the mean of *values*, shape (seeds, tasks), with a percentile interval; ``None`` where there are none.

    Seeds and tasks are both drawn with replacement, independently of each other, and every draw takes the block
    where they cross (A. Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2), 2007): two samples of a
    task, and two tasks of a seed, are no independent observations. With many of both the interval is slightly too
    wide. **With few seeds it is too narrow**: drawing S seeds with replacement shows only (S - 1) / S of their
    variance, two thirds for three seeds; and seeds that share a base model are not independent. With one seed only
    tasks are drawn, and nothing is said of other seeds.
    """
    import numpy as np

    if values.size == 0:
        return None
    means = _resampled([values], repeats, seed)[0]
    return _interval(float(np.mean(values)), means, level)


def paired(
    a: NDArray[np.float64], b: NDArray[np.float64], repeats: int = 2000, seed: int = 0, level: float = _LEVEL
) -> Interval | None:
    """Return mean(a) - mean(b) over the same (seeds, tasks), as ``bootstrap`` does; what both share cancels out."""
    _same_shape(a, b)
    return bootstrap(a - b, repeats, seed, level)


def ratio(
    a: NDArray[np.float64], b: NDArray[np.float64], repeats: int = 2000, seed: int = 0, level: float = _LEVEL
) -> Interval | None:
    """Return mean(a) / mean(b) over the same (seeds, tasks): retention, where *b* is round 0.

    ``None`` where mean(b) is 0, or is 0 in so many draws that the upper bound is infinite.
    """
    import numpy as np

    _same_shape(a, b)
    if a.size == 0 or np.mean(b) == 0:
        return None
    above, below = _resampled([a, b], repeats, seed)
    drawn = np.divide(above, below, out=np.full_like(above, np.inf), where=below != 0)
    found = _interval(float(np.mean(a) / np.mean(b)), drawn, level)
    return found if np.isfinite([found.low, found.high]).all() else None


def combined(
    tables: Sequence[NDArray[np.float64]],
    of: Callable[..., NDArray[np.float64]],
    repeats: int = 2000,
    seed: int = 0,
    level: float = _LEVEL,
) -> Interval | None:
    """Return *of* the tables' means with an interval, as ``bootstrap`` does: F1 of what was found and missed.

    The tables have the same (seeds, tasks); *of* takes a mean of each, numbers or arrays of draws. ``None`` where
    there are none.
    """
    import numpy as np

    for table in tables:
        _same_shape(tables[0], table)
    if tables[0].size == 0:
        return None
    drawn = of(*_resampled(list(tables), repeats, seed))
    return _interval(float(of(*(np.mean(table) for table in tables))), drawn, level)


def mcnemar(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Return the two-sided exact p of McNemar's test that two models pass equally many of the same tasks.

    *a* and *b*, shape (tasks,): who passed. 1 where they differ on no task.
    """
    import numpy as np
    from statsmodels.stats.contingency_tables import mcnemar as exact

    _same_shape(a, b)
    table = [[int(np.sum(a & b)), int(np.sum(a & ~b))], [int(np.sum(~a & b)), int(np.sum(~a & ~b))]]
    if table[0][1] + table[1][0] == 0:
        return 1.0
    return float(exact(table, exact=True).pvalue)


def holm(ps: Sequence[float]) -> list[float]:
    """Return p values adjusted for their number (S. Holm 1979), in the given order."""
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(ps, method="holm")[1]] if len(ps) else []


def _resampled(tables: list[NDArray[np.float64]], repeats: int, seed: int) -> list[NDArray[np.float64]]:
    """Return each table's mean in each draw, shape (repeats,); the draws are the same for all tables.

    How often a seed or a task was drawn is a weight, so that a draw is two small products.
    """
    import numpy as np

    if tables[0].ndim != 2:
        raise ValueError(f"Scores have the shape (seeds, tasks); these have {tables[0].ndim} dimensions.")
    by_seed, by_task = _weights(*tables[0].shape, repeats, seed)
    return [cast("NDArray[np.float64]", np.sum(by_seed @ table * by_task, axis=1)) for table in tables]


# A report asks for hundreds of intervals over tables of the same shape, by the same draws.
@lru_cache(maxsize=8)
def _weights(seeds: int, tasks: int, repeats: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    random = np.random.default_rng(seed)
    return _drawn(random, seeds, repeats), _drawn(random, tasks, repeats)


def _drawn(random: np.random.Generator, items: int, repeats: int) -> NDArray[np.float64]:
    """Return how often each item was drawn as a share of all draws, shape (repeats, items)."""
    import numpy as np

    places = random.integers(items, size=(repeats, items)) + items * np.arange(repeats)[:, None]
    return np.bincount(places.ravel(), minlength=repeats * items).reshape(repeats, items) / items


def _interval(estimate: float, drawn: NDArray[np.float64], level: float) -> Interval:
    import numpy as np

    beyond = (1 - level) / 2
    # Order statistics, not what lies between two of them: a draw may be infinite.
    low, high = np.quantile(drawn, [beyond, 1 - beyond], method="inverted_cdf")
    return Interval(estimate, float(low), float(high), level)


def _same_shape(a: NDArray[np.generic], b: NDArray[np.generic]) -> None:
    if a.shape != b.shape:
        raise ValueError(f"Paired scores have the same seeds and tasks; these have the shapes {a.shape} and {b.shape}.")
