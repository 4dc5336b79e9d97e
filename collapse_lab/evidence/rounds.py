"""A card's pages: every round of one arm, as means over its seeds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from collapse_lab.evidence.facts import interval, plain_name, rounded
from collapse_lab.metrics.intervals import bootstrap
from collapse_lab.metrics.passk import pass_at_k
from collapse_lab.report.reading import Run
from collapse_lab.report.scores import Measure, Scores
from gates.evidence.card import (
    Contamination,
    Diversity,
    EffectiveRank,
    GateQuality,
    HeldOut,
    Interval,
    Round,
)


def pages(run: Run, scores: Scores, label: str) -> tuple[Round, ...]:
    """Return the pages of a label's rounds, as far as any seed got."""
    return tuple(_page(run, scores, label, t) for t in range(run.last_of(label) + 1))


def curve(run: Run, scores: Scores, label: str) -> tuple[Interval | None, ...]:
    """Return a label's pass@1, round by round, as far as any seed got."""
    return tuple(_score(scores, label, t, "sampled") for t in range(run.last_of(label) + 1))


def _page(run: Run, scores: Scores, label: str, t: int) -> Round:
    return Round(
        round=t,
        acceptance=_mean(run, label, t, "acceptance"),
        acceptance_frozen=_mean(run, label, t, "acceptance_frozen"),
        correctness_held_out=_mean(run, label, t, "correctness_held_out"),
        pass_at_1=_score(scores, label, t, "sampled"),
        greedy=_score(scores, label, t, "greedy"),
        pass_at_k=dict(_more_than_one(run, label, t)),
        strata={s: _score(scores, label, t, "sampled", s) for s in ("head", "middle", "tail")},
        diversity=Diversity(**{key: _mean(run, label, t, "diversity", key) for key in Diversity.model_fields}),
        effective_rank=_rank(run, label, t),
        gate=_gate(run, label, t),
        contamination=_contamination(run, label, t),
        rubber_stamp_index=_mean(run, label, t, "rubber_stamp_index"),
    )


def _mean(run: Run, label: str, t: int, *path: str) -> float | None:
    value = run.mean(label, t, *path)
    return rounded(value) if value is not None else None


def _score(scores: Scores, label: str, t: int, measure: Measure, stratum: str | None = None) -> Interval | None:
    itself = scores.paired((label, t), (label, t), measure, stratum)
    return interval(bootstrap(itself.a)) if itself else None


def _more_than_one(run: Run, label: str, t: int) -> Iterable[tuple[str, Interval]]:
    """Yield pass@k for each k above 1 that the study asks for, where every task has so many samples."""
    wanted = sorted(k for k in run.settings["evaluation"]["k"] if k > 1)
    if not wanted:
        return
    frame = run.scores
    rows = frame[(frame["benchmark"] == run.benchmarks[0]) & (frame["label"] == label) & (frame["round"] == t)]
    for k in wanted:
        if rows.empty or int(rows["n"].min()) < k:
            continue
        each = [pass_at_k(int(n), int(c), k) for n, c in zip(rows["n"], rows["c"], strict=True)]
        table = rows.assign(each=each).set_index(["base", "seed", "task"])["each"].unstack("task").to_numpy(float)
        whole = table[:, ~np.isnan(table).any(axis=0)]
        if (found := interval(bootstrap(whole))) is not None:
            yield str(k), found


def _rank(run: Run, label: str, t: int) -> EffectiveRank | None:
    layer = int(run.settings["probes"]["layers"][-1])
    own, human = (_mean(run, label, t, "spectrum", side, str(layer), "effective_rank") for side in ("own", "human"))
    return None if own is None and human is None else EffectiveRank(layer=layer, own=own, human=human)


def _gate(run: Run, label: str, t: int) -> HeldOut | None:
    if run.mean(label, t, "held_out", "fresh", "n") is None:
        return None

    def side(name: str) -> GateQuality:
        return GateQuality(**{key: _mean(run, label, t, "held_out", name, key) for key in GateQuality.model_fields})

    return HeldOut(fresh=side("fresh"), frozen=side("frozen"))


def _contamination(run: Run, label: str, t: int) -> Contamination | None:
    found = [page for arm in run.arms_of(label) if isinstance(page := arm.value(t, "contamination"), dict)]
    if not found:
        return None
    keys = [key for key in found[0] if key != "human"]
    return Contamination(
        documents={plain_name(key): _mean(run, label, t, "contamination", key) for key in keys},
        human={plain_name(key): _mean(run, label, t, "contamination", "human", key) for key in keys},
    )
