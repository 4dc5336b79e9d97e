"""What `exogate policy check` found, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from app.reporting.text import visible
from gates.evidence import line
from gates.evidence.card import Card, Contrast
from gates.evidence.compose import Part
from gates.evidence.find import PolicyEvidence
from gates.evidence.measure import Plan
from gates.policy import Policy

_AGAINST = (("ungated", "no gate"), ("random", "a toss at its own acceptance rate"), ("human", "fresh human code"))


@dataclass(frozen=True)
class Checked:
    """A policy, what is known of it, and what was demanded.

    ``refused`` are the sentences of a refusal, empty where it may judge. ``measure`` is how to have it measured, where
    there is something to measure; ``written``: its study lies in its file. ``least`` is the retention asked for.
    """

    policy: Policy
    source: str
    evidence: PolicyEvidence
    refused: tuple[str, ...]
    problems: tuple[str, ...]
    measure: Plan | None
    written: bool
    least: float | None

    @property
    def steps(self) -> tuple[str, ...]:
        """What to type to have it measured; the first step is left out where it was just done."""
        if self.measure is None:
            return ()
        return self.measure.commands if self.written else (self.measure.write, *self.measure.commands)

    @property
    def conclusion(self) -> Literal["accept", "reject", "error"]:
        """As a review's: refused or kept too little, nothing that could answer, or nothing against it."""
        if self.refused:
            return "reject"
        if self.least is None:
            return "accept"
        low = self._low()
        if low is None:
            return "error"
        return "accept" if low >= self.least else "reject"

    @property
    def demand(self) -> str | None:
        """What came of the retention that was asked for, in a sentence; ``None`` where none was."""
        if self.least is None:
            return None
        wanted, low = f"At least {100 * self.least:g} % is demanded", self._low()
        if low is None:
            blocks = self.policy.enforce or self.evidence.card is None
            why = "nothing was measured that could answer" if blocks else "it blocks nothing as it stands"
            return f"{wanted}: {why}."
        says = "reaches" if low >= self.least else "does not reach"
        return f"{wanted}: the low end of its interval, {100 * low:.1f} %, {says} it."

    def _low(self) -> float | None:
        card = self.evidence.card
        kept = card.summary.retention.policy if card is not None and self.policy.enforce else None
        return kept.low if kept is not None else None


def as_text(checked: Checked) -> str:
    """Return the result for a terminal; the first line is the one line of evidence."""
    evidence = checked.evidence
    said = [evidence.line]
    if evidence.card is not None:
        said += _of_card(evidence.card)
    elif evidence.found is None:
        said.append(evidence.reason)
    if evidence.card is None:
        said += [f"  {_of_part(part)}" for part in evidence.composed.parts if not part.exact]
        said += [f"  No card is about `{name}`." for name in evidence.composed.uncovered if evidence.composed.parts]
        if any(not part.exact for part in evidence.composed.parts):
            said.append("A policy that asks for more accepts less: what the whole keeps was not measured.")
    said += [f"Not part of it: {sentence}" for sentence in evidence.left_out]
    said += [f"Left out: {sentence}" for sentence in checked.problems]
    said += _origin(evidence)
    if checked.measure is not None and not checked.refused:
        said += ["To measure it:", *(f"  {command}" for command in checked.steps)]
    said += [f"Refused: {checked.refused[0]}", *checked.refused[1:]] if checked.refused else []
    if checked.demand is not None:
        said.append(checked.demand)
    return "".join(f"{visible(one)}\n" for one in said)


def as_json(checked: Checked) -> str:
    """Return the result as JSON: one object."""
    evidence = checked.evidence
    found = evidence.found
    value: dict[str, Any] = {
        "schema_version": "1.0",
        "policy": {"name": checked.policy.name, "hash": checked.policy.hash, "source": checked.source},
        "status": evidence.status,
        "line": evidence.line,
        "reason": evidence.reason,
        "verdict": evidence.card.summary.verdict if evidence.card else None,
        "card": found.card.model_dump(mode="json") if found else None,
        "card_file": found.source if found else None,
        "composed": {
            "parts": [_part(part) for part in evidence.composed.parts],
            "uncovered": list(evidence.composed.uncovered),
        },
        "left_out": list(evidence.left_out),
        "problems": list(checked.problems),
        "refused": list(checked.refused),
        "measure": list(checked.steps) if not checked.refused else [],
        "min_retention": checked.least,
        "conclusion": checked.conclusion,
    }
    return json.dumps(value, indent=2, sort_keys=False) + "\n"


def _of_card(card: Card) -> list[str]:
    facts = card.summary
    said = [f"Verdict: {facts.verdict}. {facts.rule}"]
    for side, words in _AGAINST:
        contrast = getattr(facts.contrasts, side)
        if contrast is not None:
            said.append(f"  against {words}: {_contrast(contrast)}")
    stamp = facts.rubber_stamp
    if stamp is not None:
        each = ", ".join(f"{value:+.2f}" for value in stamp.seeds)
        said.append(f"  rubber-stamp index in round {facts.round}: {stamp.mean:+.2f} (each seed: {each})")
    if facts.mean_acceptance is not None:
        said.append(f"  accepted {line.percent(facts.mean_acceptance)} of the samples on average")
    return said


def _contrast(contrast: Contrast) -> str:
    low, middle, high = (
        f"{100 * value:+.1f}"
        for value in (contrast.difference.low, contrast.difference.estimate, contrast.difference.high)
    )
    signs = f"{contrast.agreeing} of {contrast.seeds} seeds agree"
    return f"{middle} points of pass@1 ({low} to {high}; {signs}): {contrast.says}"


def _of_part(part: Part) -> str:
    return f"{line.of_card(part.card)}: {part.card.summary.verdict}"


def _origin(evidence: PolicyEvidence) -> Iterable[str]:
    card = evidence.card
    if card is None:
        return
    sources = [evidence.found.source] if evidence.found else [part.source for part in evidence.composed.parts]
    yield f"Card: {sources[0]}, hash {card.hash[:12]}. Made by:"
    yield from (f"  {command}" for command in card.made.commands)


def _part(part: Part) -> dict[str, Any]:
    card = part.card
    return {
        "policy": card.policy.name,
        "hash": card.policy.hash,
        "gates": list(card.policy.gates),
        "exact": part.exact,
        "verdict": card.summary.verdict,
        "retention": card.summary.retention.policy.model_dump() if card.summary.retention.policy else None,
        "card_file": part.source,
        "line": line.of_card(card),
    }
