"""Of several measurements of one policy, the one that its card is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collapse_lab.evidence.cards import cards
from collapse_lab.evidence.exposure import exposure
from collapse_lab.report.reading import ReportError, Run
from gates.evidence.card import Card
from gates.evidence.exposure import Exposure


@dataclass(frozen=True)
class Measured:
    """What one run measured; ``name`` is what notes call it."""

    name: str
    cards: tuple[Card, ...]
    exposure: Exposure | None


@dataclass(frozen=True)
class Chosen:
    """What is written: cards by policy hash, at most one file on exposure, and sentences on what was left out."""

    cards: tuple[Card, ...]
    exposure: Exposure | None
    notes: tuple[str, ...]


def measured(name: str, run: Run) -> Measured:
    """Return what a run measured: the resampling that intervals and contrasts take is done here."""
    return Measured(name, tuple(cards(run)), exposure(run))


def chosen(runs: Sequence[Measured]) -> Chosen:
    """Return the evidence of runs. Raises ``ReportError`` where they hold none."""
    best: dict[str, tuple[str, Card]] = {}
    shares: tuple[str, Exposure] | None = None
    notes: list[str] = []
    for run in runs:
        name, found = run.name, run.exposure
        for card in run.cards:
            before = best.get(card.policy.hash)
            if before is None or _rank(card) >= _rank(before[1]):
                best[card.policy.hash] = (name, card)
            if before is not None:
                notes.append(_note(f"`{card.policy.name}`", before[0], name, best[card.policy.hash][0]))
        if found is not None:
            before_it = shares
            if shares is None or found.study.size >= shares[1].study.size:
                shares = (name, found)
            if before_it is not None and shares is not None:
                notes.append(_note("exposure", before_it[0], name, shares[0]))
    if not best and shares is None:
        raise ReportError(
            f"Nothing in {', '.join(run.name for run in runs)} is evidence: no arm there has a policy alone, with the "
            "data rule `replace`, from the round before and without turned verdicts."
        )
    return Chosen(tuple(card for _, card in best.values()), shares[1] if shares else None, tuple(notes))


def _rank(card: Card) -> tuple[bool, int]:
    """What decides between two cards of a policy: one with a verdict, then the one with more seeds times rounds."""
    return card.summary.verdict != "unmeasured", card.study.size


def _note(what: str, before: str, name: str, counts: str) -> str:
    return f"{what} was measured in {before} and in {name}: {counts} counts."
