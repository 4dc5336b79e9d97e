"""The plots of the pages: which numbers, in which colours, and the sentence that says the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.dashboard.pages import percent
from app.dashboard.plots import Mark, Plot, Series, Value, curves, lines, stacked
from app.dashboard.queries.repository import Counted
from app.exposure import Share
from app.provenance.types import Status
from gates.evidence.card import Card, Interval
from gates.evidence.exposure import Exposure

NAMES = {
    Status.AI_DECLARED: "AI declared",
    Status.MIXED: "AI in part",
    Status.HUMAN_ATTESTED: "a person attests",
    Status.UNDECLARED: "undeclared",
}
_TONES = {
    Status.AI_DECLARED: "ai",
    Status.MIXED: "mixed",
    Status.HUMAN_ATTESTED: "human",
    Status.UNDECLARED: "undeclared",
}


def provenance(months: Sequence[str], counted: Sequence[Counted]) -> Plot:
    """Return the pull requests of each month by where they were declared to come from."""
    found = {(row.month, row.status): row.pulls for row in counted}
    series = [
        Series(NAMES[status], _TONES[status], [Value(found.get((month, status.value), 0)) for month in months])
        for status in Status
    ]
    total = sum(found.values())
    declared = sum(number for (_, status), number in found.items() if status in ("ai-declared", "mixed"))
    says = f"Of {total:,} pull requests in {len(months)} months, {declared:,} declare AI in whole or part."
    return stacked("Pull requests by provenance", says, months, series, _number, "Month")


def shares(months: Sequence[str], found: Sequence[Share]) -> Plot:
    """Return which share of each month's merged lines is declared AI's, and the most that it could be."""
    by_month = {share.month: share for share in found}
    empty = Share("")
    rows = [by_month.get(month, empty) for month in months]
    series = [
        Series("declared AI's", "ai", [_share(row.declared) for row in rows]),
        Series("if every undeclared line were AI's", "undeclared", [_share(row.most) for row in rows]),
    ]
    says = "; ".join(f"{row.month}: {percent(row.declared)} of {row.lines:,} lines" for row in found[-3:])
    return lines("AI's share of merged lines", says, months, series, percent, "Month", top=1.0)


def exposure(measured: Exposure, share: float | None) -> Plot:
    """Return what the lab's arms kept by the share of synthetic data, and where this repository's share lies."""
    points = [(point.share, _interval(point.retention)) for point in measured.points]
    says = "; ".join(f"at {percent(x)} synthetic {percent(value.value)} of skill kept" for x, value in points if value)
    marks = [Mark("this repository's declared share", share)] if share is not None else []
    named = "skill kept in the lab"
    return curves("Skill kept by share of synthetic data", says, [(named, "ai", points)], percent, "Share", marks)


_CONTROLS = (
    ("ungated", "without any gate", "undeclared"),
    ("random", "by chance, as many", "mixed"),
    ("human", "human code only", "human"),
)


def collapse(card: Card) -> Plot:
    """Return pass@1 round by round: the policy, and the controls that its study has."""
    rounds = [page.round for page in card.rounds]
    series = [Series(f"behind {card.policy.name}", "ai", [_interval(page.pass_at_1) for page in card.rounds])]
    for field, name, tone in _CONTROLS:
        curve = getattr(card.controls, field)
        if curve is not None:
            told = [*map(_interval, curve), *([None] * len(rounds))]
            series.append(Series(name, tone, told[: len(rounds)]))
    kept = card.summary.retention.policy
    says = f"After {rounds[-1]} rounds {percent(kept.estimate)} of skill is kept." if kept else card.summary.rule
    title = "Held-out tasks solved at the first try, by round"
    return lines(title, says, [str(number) for number in rounds], series, percent, "Round", top=_top(series))


def _top(series: Sequence[Series]) -> float:
    """Return where an axis of shares ends that has room for every interval: a tenth, at most 1."""
    ends = [value.high or value.value for one in series for value in one.values if value]
    return min(1.0, math.ceil(max(ends, default=1.0) * 10) / 10)


def _share(value: float | None) -> Value | None:
    return None if value is None else Value(value)


def _interval(value: Interval | None) -> Value | None:
    return None if value is None else Value(value.estimate, value.low, value.high)


def _number(value: float) -> str:
    return f"{value:,.0f}"
