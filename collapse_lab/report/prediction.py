"""What the simulator says of each arm from its gate's quality in round 0, beside what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from collapse_lab.report.reading import Run
from collapse_lab.theory.fit import fit
from collapse_lab.theory.simulate import Review, Strength, World, overall, simulate, zipf_world

_REPEATS = 200
_ZIPF = 1.1


@dataclass(frozen=True)
class Predicted:
    """An arm's curve as predicted and as measured, rounds 0 to R. ``low`` and ``high`` hold 90 % of simulated runs.

    ``error`` is the mean absolute distance from the measured curve over rounds 1 to R; ``as_none`` what it would be
    had one predicted the curve of `none`, ``as_before`` had one predicted that nothing changes.
    """

    label: str
    group: str
    review: Review
    curve: list[float]
    low: list[float]
    high: list[float]
    measured: list[float]
    error: float
    as_none: float
    as_before: float


@dataclass(frozen=True)
class Prediction:
    """Every arm that could be predicted, with the fitted strength; or why none could."""

    world: World | None
    strength: Strength | None
    arms: list[Predicted]
    left_out: dict[str, str]
    why: str = ""


def predict(run: Run) -> Prediction:
    """Fit the strength of training on `none` and `human`, and predict all other arms."""
    controls = {name: _strata_curve(run, name) for name in ("none", "human") if name in run.labels}
    if len(controls) < 2 or any(len(curve) < 2 for curve in controls.values()):
        return Prediction(
            None, None, [], {}, "The run has no two controls `none` and `human` with a round after round 0."
        )
    world = _world(run, controls["none"][0])
    strength = fit(world, controls["none"], controls["human"])
    # Both are as long as the shorter: an interrupted control says nothing of later rounds.
    ungated = overall(world, controls["none"])
    arms, left_out = [], {}
    for label in run.labels:
        if label in controls:
            continue
        review = _review(run, label)
        if isinstance(review, str):
            left_out[label] = review
            continue
        found = _predicted(run, label, review, world, strength, ungated)
        if found is None:
            left_out[label] = "it has no round after round 0"
        else:
            arms.append(found)
    return Prediction(world, strength, arms, left_out)


def _predicted(
    run: Run, label: str, review: Review, world: World, strength: Strength, ungated: Any
) -> Predicted | None:
    measured = overall(world, _strata_curve(run, label))
    last = min(len(measured), len(ungated)) - 1
    if last < 1:
        return None
    own = World(world.names, world.weight, world.stratum, _strata_curve(run, label)[0], world.share)
    drawn = overall(own, simulate(own, review, strength, int(run.settings["prompts"]), last, _REPEATS))
    curve = drawn.mean(axis=0)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    measured = measured[: last + 1]
    return Predicted(
        label,
        run.group(label),
        review,
        curve.tolist(),
        low.tolist(),
        high.tolist(),
        measured.tolist(),
        error=_distance(curve, measured),
        as_none=_distance(ungated[: last + 1], measured),
        as_before=_distance(np.full(last + 1, measured[0]), measured),
    )


def _distance(guess: Any, measured: Any) -> float:
    return float(np.abs(guess - measured)[1:].mean())


def _strata_curve(run: Run, label: str) -> Any:
    """Return the mean sampled pass@1, shape (rounds + 1, strata), over the seeds that reached the last round."""
    last = run.last_of(label)
    arms = [arm for arm in run.arms_of(label) if arm.last == last]
    names = list(_shares(run))
    rows = []
    for t in range(last + 1):
        values = [[arm.value(t, "strata", name) for name in names] for arm in arms]
        if not values or any(value is None for row in values for value in row):
            break
        rows.append(np.mean(np.array(values, float), axis=0))
    return np.array(rows).reshape(len(rows), len(names))


def _shares(run: Run) -> dict[str, float]:
    strata: dict[str, float] = run.summary["benchmarks"][run.benchmarks[0]]["strata"]
    usual = {"head": 0, "middle": 1, "tail": 2}
    return dict(sorted(strata.items(), key=lambda item: (usual.get(item[0], 9), item[0])))


def _world(run: Run, solved: Any) -> World:
    shares = _shares(run)
    exponent = float((run.settings.get("tasks") or {}).get("zipf", _ZIPF))
    return zipf_world(dict(zip(shares, solved.tolist(), strict=True)), shares, exponent)


def _review(run: Run, label: str) -> Review | str:
    """Return how the gate treated round 0's pool, or why the simulator has nothing to say of the arm."""
    facts = run.arms_of(label)[0].facts
    if facts["data_rule"] not in ("replace", "hybrid"):
        return f"the simulator does not know the data rule `{facts['data_rule']}`"
    if facts["start"] != "previous" or "quota" in label or (run.settings.get("data") or {}).get("quota"):
        return "the simulator knows arms that start from the previous round and have no quota"
    right, wrong = run.mean(label, 0, "gate_recall"), run.mean(label, 0, "wrong_accept_rate")
    if right is None or wrong is None:
        return "its gate's quality in round 0 was not measured"
    return Review(right, wrong, float(facts["human_share"]))
