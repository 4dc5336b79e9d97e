"""The table of claims: each is answered by its rule from the run's numbers, and by nothing else.

A claim is about a number that lies above, below or within a margin of a reference, and the interval of that number
answers: *reproduces* where it lies wholly on the claimed side; *does not* where it lies wholly on the other side, or
within the margin of no difference; *not separable at this size* where it says neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from collapse_lab.metrics.intervals import Interval
from collapse_lab.report.contrasts import contrast, student
from collapse_lab.report.reading import Run
from collapse_lab.report.retention import retained
from collapse_lab.report.scores import Measure, Scores
from collapse_lab.report.table import bare, shown

Side = Literal["above", "below", "equal"]
Verdict = Literal["reproduces", "does not reproduce", "not separable at this size", "not asked here"]


class Claim(BaseModel):
    """One claim and its rule; ``claims.yml`` explains the keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    claim: str
    source: str
    test: Literal["retention", "strata", "difference", "change", "level"]
    arm: str
    says: Side
    of: float = 0.0
    margin: float = 0.02
    against: str | None = None
    measure: Measure | None = None
    column: tuple[str, ...] = ()
    called: str = ""
    arm_stratum: str | None = None
    against_stratum: str | None = None


@dataclass(frozen=True)
class Answer:
    """A claim's verdict, what was measured, and the rule that led from one to the other, both in words."""

    claim: Claim
    verdict: Verdict
    measured: str
    rule: str
    number: Interval | None = None


def load() -> list[Claim]:
    """Return the claims that ship with the report."""
    text = (files("collapse_lab") / "report" / "claims.yml").read_text("utf-8")
    return [Claim.model_validate(row) for row in yaml.safe_load(text)]


def answers(run: Run, scores: Scores, claims: Sequence[Claim]) -> list[Answer]:
    """Answer every claim from a run."""
    return [answer(run, scores, claim) for claim in claims]


def answer(run: Run, scores: Scores, claim: Claim) -> Answer:
    """Answer one claim; a run without the arms that it is about does not ask it."""
    claim = _of_this_run(run, claim)
    rule = rule_of(claim)
    needed = [claim.arm, *([claim.against] if claim.against else [])]
    missing = [name for name in needed if name not in run.labels]
    if missing:
        return Answer(claim, "not asked here", f"This run has no arm {' or '.join(f'`{m}`' for m in missing)}.", rule)
    test = {
        "retention": _retention,
        "strata": _strata,
        "difference": _difference,
        "change": _change,
        "level": _change,
    }[claim.test]
    try:
        number, said = test(run, scores, claim)
    except _UnmeasuredError as error:
        return Answer(claim, "not asked here", str(error), rule)
    if number is None:
        return Answer(claim, "not separable at this size", said, rule)
    return Answer(claim, judged(number, claim.says, claim.of, claim.margin), said, rule, number)


def _of_this_run(run: Run, claim: Claim) -> Claim:
    """Return the claim about the first of its arms' names that the run has (``quality|quality-short``)."""

    def chosen(names: str) -> str:
        known = [name for name in names.split("|") if name in run.labels]
        return known[0] if known else names.partition("|")[0]

    against = chosen(claim.against) if claim.against else None
    return claim.model_copy(update={"arm": chosen(claim.arm), "against": against})


def judged(number: Interval, says: Side, of: float, margin: float) -> Verdict:
    """Return what an interval says of a claim about the side of *of* on which the number lies."""
    low, high = number.low - of, number.high - of
    same = -margin <= low and high <= margin
    if says == "equal":
        if same:
            return "reproduces"
        return "does not reproduce" if low > margin or high < -margin else "not separable at this size"
    if says == "below":
        low, high = -high, -low
    if low > 0:
        return "reproduces"
    return "does not reproduce" if high < 0 or same else "not separable at this size"


def rule_of(claim: Claim) -> str:
    """Return the claim's rule in a sentence."""
    what = {
        "retention": f"retention of {claim.arm}",
        "strata": f"retention in the {claim.arm_stratum} minus retention in the {claim.against_stratum}, {claim.arm}",
        "difference": f"{claim.arm} minus {claim.against}, {claim.measure or 'sampled'} pass@1, last round",
        "change": f"{claim.called} of {claim.arm}, last round minus round 0",
        "level": f"{claim.called} of {claim.arm}, last round",
    }[claim.test]
    if claim.says == "equal":
        return f"{what}: interval within {claim.margin:g} of {claim.of:g}"
    return f"{what}: interval {claim.says} {claim.of:g}"


class _UnmeasuredError(Exception):
    """What a claim is about is not in the run; the message says what."""


def _retention(run: Run, scores: Scores, claim: Claim) -> tuple[Interval | None, str]:
    t = run.last_of(claim.arm)
    number = retained(scores, claim.arm, t, claim.measure)
    if number is None:
        raise _UnmeasuredError(f"There is no round of `{claim.arm}` after round 0.")
    return number, f"{shown(number, 'percent')} kept after round {t}"


def _strata(run: Run, scores: Scores, claim: Claim) -> tuple[Interval | None, str]:
    """The difference's bounds are the farthest apart that the two intervals allow: tasks of strata are not paired."""
    t = run.last_of(claim.arm)
    a, b = (retained(scores, claim.arm, t, claim.measure, s) for s in (claim.arm_stratum, claim.against_stratum))
    if a is None or b is None:
        raise _UnmeasuredError("There are no scores of both strata after round 0.")
    number = Interval(a.estimate - b.estimate, a.low - b.high, a.high - b.low)
    said = (
        f"{shown(a, 'percent')} kept in the {claim.arm_stratum}, {shown(b, 'percent')} in the {claim.against_stratum}"
    )
    return number, said


def _difference(run: Run, scores: Scores, claim: Claim) -> tuple[Interval | None, str]:
    found = contrast(run, scores, claim.arm, claim.against or "", claim.measure)
    if found is None:
        raise _UnmeasuredError("The two arms share no seed after round 0.")
    said = f"{shown(found.difference, 'points')} points after round {found.round}"
    return found.difference, f"{said}; same sign in {found.agreeing} of {found.seeds} seeds"


def _change(run: Run, scores: Scores, claim: Claim) -> tuple[Interval | None, str]:
    t = run.last_of(claim.arm)
    arms = [arm for arm in run.arms_of(claim.arm) if arm.last == t]
    pairs = [(arm.value(0, *claim.column), arm.value(t, *claim.column)) for arm in arms]
    whole = [(a, b) for a, b in pairs if a is not None and b is not None]
    if t < 1 or not whole:
        raise _UnmeasuredError(f"The {claim.called} of `{claim.arm}` was not measured in round 0 and a later one.")
    first, last = (sum(side) / len(whole) for side in zip(*whole, strict=True))
    said = f"{claim.called} from {_bare(first)} to {_bare(last)} after round {t}"
    number = student([b for _, b in whole] if claim.test == "level" else [b - a for a, b in whole])
    if number is None:
        return None, f"{said}; one seed, so no interval"
    what = "level" if claim.test == "level" else "change"
    return number, f"{said}; {what} {shown(number, 'number')} over {len(whole)} seeds"


def _bare(value: float) -> str:
    return bare(value, "number")
