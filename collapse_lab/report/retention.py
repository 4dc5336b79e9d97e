"""What each arm kept: its score in its last round against round 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collapse_lab.metrics.intervals import Interval, bootstrap, ratio
from collapse_lab.metrics.retention import area, slope
from collapse_lab.report.reading import Run
from collapse_lab.report.scores import Measure, Paired, Scores


@dataclass(frozen=True)
class Kept:
    """One label's retention. ``round`` is the last one that any of its seeds reached, ``seeds`` how many did.

    ``first`` and ``last`` are pass@1 in round 0 and in ``round``, ``retained`` last / first (all over the same seeds
    and tasks); ``area`` and ``slope`` are of the mean curve over these seeds. What cannot be said is ``None``.
    """

    label: str
    group: str
    round: int
    seeds: int
    first: Interval | None
    last: Interval | None
    retained: Interval | None
    greedy_first: float | None
    greedy_last: float | None
    area: float | None
    slope: float | None


def kept(run: Run, scores: Scores) -> list[Kept]:
    """Return the retention of every label, in the run's order."""
    return [_kept(run, scores, label) for label in run.labels]


def retained(
    scores: Scores, label: str, t: int, measure: Measure | None = None, stratum: str | None = None
) -> Interval | None:
    """Return s_t / s_0 of a label with its interval; ``None`` in round 0, and where a round is missing."""
    pair = scores.paired((label, t), (label, 0), measure, stratum) if t > 0 else None
    return ratio(pair.a, pair.b) if pair else None


def curve(scores: Scores, label: str, last: int, measure: Measure | None = None) -> list[Interval | None]:
    """Return pass@1 in rounds 0 to *last* over the seeds that reached *last*."""
    return [
        bootstrap(pair.b) if (pair := scores.paired((label, last), (label, t), measure)) else None
        for t in range(last + 1)
    ]


def _kept(run: Run, scores: Scores, label: str) -> Kept:
    t = run.last_of(label)
    pair = scores.paired((label, t), (label, 0)) if t >= 0 else None
    greedy = scores.paired((label, t), (label, 0), "greedy") if t >= 0 else None
    before = [scores.paired((label, t), (label, at)) for at in range(t + 1)]
    means = [float(one.b.mean()) for one in before if one]
    whole = len(means) == t + 1
    return Kept(
        label=label,
        group=run.group(label),
        round=t,
        seeds=len(pair.keys) if pair else 0,
        first=bootstrap(pair.b) if pair else None,
        last=bootstrap(pair.a) if pair else None,
        retained=retained(scores, label, t),
        greedy_first=_mean(greedy, "b"),
        greedy_last=_mean(greedy, "a"),
        area=area(means) if whole and t > 0 else None,
        slope=slope(means) if whole and t > 0 else None,
    )


def _mean(pair: Paired | None, side: str) -> float | None:
    return float(np.mean(getattr(pair, side))) if pair else None
