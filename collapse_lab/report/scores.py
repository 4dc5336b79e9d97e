"""Scores by seed and task, paired between arms or rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Measure = Literal["sampled", "greedy"]


@dataclass(frozen=True)
class Paired:
    """Two tables of the same seeds and tasks, shape (seeds, tasks); ``keys`` are (base, seed) of the rows."""

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    keys: tuple[tuple[int, int], ...]

    def agreeing(self) -> int:
        """Return in how many seeds the difference has the sign that the mean over all has."""
        each = (self.a - self.b).mean(axis=1)
        return int((np.sign(each) == np.sign(each.mean())).sum())


class Scores:
    """The score table of one benchmark, for look-ups by arm and round.

    ``called`` is what a score is: ``pass@1``; of questions ``accuracy``, the same share; of summaries ``BLEU-4``.
    """

    def __init__(self, frame: pd.DataFrame, benchmark: str) -> None:
        chosen = frame[frame["benchmark"] == benchmark]
        share = chosen["c"] / chosen["n"].where(chosen["n"] > 0)
        greedy = chosen["greedy"].astype(float)
        self.called = "accuracy" if _any(chosen, "positive") else "pass@1"
        if _any(chosen, "bleu") or _any(chosen, "greedy_bleu"):
            # No summary is right or wrong: its score is how much of a person's it has.
            share, greedy = (chosen[column].astype(float) for column in ("bleu", "greedy_bleu"))
            self.called = "BLEU-4"
        whole = chosen.assign(sampled=share, greedy=greedy)
        self._tables = dict(iter(whole.groupby(["label", "round"])))
        self._none = whole.iloc[:0]
        self.measure: Measure = "sampled" if share.notna().any() else "greedy"
        self._strata = dict(zip(chosen["task"], chosen["stratum"], strict=True))
        self._seen: dict[tuple[str, int, Measure], pd.DataFrame] = {}

    @property
    def tasks(self) -> int:
        """How many tasks the benchmark has."""
        return len(self._strata)

    @property
    def strata(self) -> list[str]:
        """The strata's names, from the frequent to the rare where they have the usual names."""
        usual = {"head": 0, "middle": 1, "tail": 2}
        return sorted(set(self._strata.values()), key=lambda name: (usual.get(name, 9), name))

    def at(self, label: str, t: int, measure: Measure) -> pd.DataFrame:
        """Return the scores of a label in round *t*: a row for each (base, seed), a column for each task."""
        key = (label, t, measure)
        if key not in self._seen:
            rows = self._tables.get((label, t), self._none)
            table = rows.set_index(["base", "seed", "task"])[measure].unstack("task")
            self._seen[key] = table
        return self._seen[key]

    def paired(
        self, a: tuple[str, int], b: tuple[str, int], measure: Measure | None = None, stratum: str | None = None
    ) -> Paired | None:
        """Return two (label, round) pairs over the seeds and tasks that both have; ``None`` where they share none."""
        measure = measure or self.measure
        return align(self.at(*a, measure), self.at(*b, measure), self._chosen(stratum))

    def _chosen(self, stratum: str | None) -> set[str] | None:
        return {task for task, its in self._strata.items() if its == stratum} if stratum else None


def _any(frame: pd.DataFrame, column: str) -> bool:
    return column in frame.columns and bool(frame[column].notna().any())


def align(one: pd.DataFrame, two: pd.DataFrame, chosen: set[str] | None = None) -> Paired | None:
    """Return two tables over the seeds and tasks that both have, of the *chosen* tasks only where they are given."""
    keys, tasks = one.index.intersection(two.index, sort=False), one.columns.intersection(two.columns, sort=False)
    if chosen is not None:
        tasks = tasks[[task in chosen for task in tasks]]
    a, b = (t.reindex(index=keys, columns=tasks).to_numpy(float) for t in (one, two))
    whole = ~(np.isnan(a).any(axis=0) | np.isnan(b).any(axis=0))
    if not len(keys) or not whole.any():
        return None
    return Paired(a[:, whole], b[:, whole], tuple((int(base), int(seed)) for base, seed in keys))
