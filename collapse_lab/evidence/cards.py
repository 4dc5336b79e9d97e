"""A run's evidence cards: one for each policy that judged alone, with the plain data rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collapse_lab.evidence.facts import interval, made_of, plain_name, rounded, rounds_of, study_of
from collapse_lab.evidence.rounds import curve, pages
from collapse_lab.policies import lab_names, policy_of
from collapse_lab.report.contrasts import Contrast, against_human, against_none, against_random
from collapse_lab.report.reading import ReportError, Run
from collapse_lab.report.retention import retained
from collapse_lab.report.scores import Scores
from gates.evidence.card import (
    Card,
    Contrasts,
    Curves,
    Facts,
    Interval,
    Kept,
    MeasuredPolicy,
    RubberStamp,
    made_card,
)
from gates.evidence.card import Contrast as CardContrast
from gates.evidence.verdicts import says
from gates.policy import PolicyError
from gates.presets import preset_names

_HUMAN, _NONE = "human", "none"


@dataclass(frozen=True)
class _Shared:
    """What several cards of a run are made of: its scores, its contrasts by side, and its controls' curves."""

    scores: Scores
    families: Mapping[str, Sequence[Contrast]]
    curves: Mapping[str, tuple[Interval | None, ...]]


def cards(run: Run) -> list[Card]:
    """Return a run's cards, in the order of its labels. Raises ``ReportError`` where raw results cannot be read, or
    are of answers in words: a card is about code."""
    scores = Scores(run.scores, run.benchmarks[0])
    if scores.called != "pass@1":
        raise ReportError(
            f"{run.folder} is scored by {scores.called} on {run.benchmarks[0]}: a card says what code a policy keeps. "
            "Leave this run out."
        )
    families = {
        "ungated": against_none(run, scores),
        "random": against_random(run, scores),
        "human": against_human(run, scores),
    }
    compared = [label for label in run.labels if label == _NONE or run.group(label) == "control"]
    shared = _Shared(scores, families, {label: curve(run, scores, label) for label in compared})
    return [_card(run, shared, label) for label in run.labels if is_plain(run, label)]


def is_plain(run: Run, label: str) -> bool:
    """Whether an arm measures its policy and nothing else.

    It trains on what the policy accepts of this round, goes on from the round before, and no verdict is turned over:
    then its label is the policy's name alone.
    """
    facts = run.arms_of(label)[0].facts
    plain = facts["data_rule"] == "replace" and facts["start"] == "previous" and not facts["flip"]
    return plain and not facts["control"] and label == facts["policy"]


def _card(run: Run, shared: _Shared, label: str) -> Card:
    scores, arms, last = shared.scores, run.arms_of(label), rounds_of(run)
    ended = [arm.key for arm in arms if arm.last == last]
    others = {"ungated": _NONE, "random": f"random@{label}", "human": _HUMAN}
    there = {side: other for side, other in others.items() if other in run.labels}
    found = {side: _chosen(shared.families[side], label, other) for side, other in there.items()}
    indices = run.values(label, last, "rubber_stamp_index") if last == run.last_of(label) else []
    facts = Facts(
        round=last,
        seeds=len(ended),
        complete=all(_whole(run, name, last) for name in (label, *there.values())),
        mean_acceptance=_mean_acceptance(run, label),
        retention=Kept(
            policy=_kept(scores, label, last),
            ungated=_kept(scores, there.get("ungated"), last),
            random=_kept(scores, there.get("random"), last),
            human=_kept(scores, there.get("human"), last),
        ),
        contrasts=Contrasts(**{side: found.get(side) for side in others}),
        rubber_stamp=_stamp(indices),
    )
    curves = Curves(**{side: shared.curves[there[side]] if side in there else None for side in others})
    of_rounds = pages(run, scores, label)
    return made_card(_policy(run, label), study_of(run, ended), of_rounds, curves, facts, made_of(run))


def _whole(run: Run, label: str, last: int) -> bool:
    """Whether an arm came to the last round for every base and seed that the run has."""
    wanted = {arm.key for arm in run.arms}
    return {arm.key for arm in run.arms_of(label) if arm.last == last} == wanted


def _kept(scores: Scores, label: str | None, t: int) -> Interval | None:
    return interval(retained(scores, label, t)) if label else None


def _mean_acceptance(run: Run, label: str) -> float | None:
    found = [value for t in range(run.last_of(label) + 1) if (value := run.mean(label, t, "acceptance")) is not None]
    return rounded(sum(found) / len(found)) if found else None


def _stamp(indices: Sequence[float]) -> RubberStamp | None:
    if not indices:
        return None
    return RubberStamp(mean=rounded(sum(indices) / len(indices)), seeds=tuple(rounded(value) for value in indices))


def _chosen(family: Sequence[Contrast], label: str, other: str) -> CardContrast | None:
    found = next((one for one in family if (one.label, one.against) == (label, other)), None)
    difference = interval(found.difference) if found else None
    if found is None or difference is None:
        return None
    return CardContrast(
        against=plain_name(other),
        round=found.round,
        difference=difference,
        seeds=found.seeds,
        agreeing=found.agreeing,
        p_holm=rounded(found.p_holm),
        says=says(difference.estimate, rounded(found.p_holm), found.agreeing, found.seeds),
    )


def _policy(run: Run, label: str) -> MeasuredPolicy:
    arm = run.arms_of(label)[0]
    named = _named(run, label)
    return MeasuredPolicy(
        name=plain_name(label),
        hash=arm.facts["policy_hash"],
        source="lab" if named in lab_names() else "preset" if named in preset_names() else "file",
        kind=arm.facts["kind"],
        gates=arm.facts["gate_versions"],
        settings=_settings(named, arm.facts["policy_hash"], arm.facts["gate_versions"]),
    )


def _named(run: Run, label: str) -> str:
    """Return what the study calls a label's policy: a name, or a file's path."""
    arms: list[dict[str, Any]] = run.settings["arms"]
    names = [str(arm["policy"]) for arm in arms if arm.get("policy")]
    return next((name for name in names if label in (name, Path(name).stem)), label)


def _settings(named: str, measured: str, gates: dict[str, str]) -> dict[str, Any] | None:
    """Return the settings of the gates that blocked, if the policy still is what was measured."""
    try:
        policy = policy_of(named)
        if policy.hash != measured:
            return None
    except (PolicyError, LookupError):
        return None
    return {gate: policy.settings_of(gate).model_dump(mode="json") for gate in gates}
