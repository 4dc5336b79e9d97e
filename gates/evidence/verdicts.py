"""The verdict of a card: the first rule of one table that holds for its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gates.evidence.card import Facts

Verdict = Literal["holds", "slows", "no better than chance", "rubber stamp", "unmeasured"]
Says = Literal["more", "less", "not separable"]

LEAST_SEEDS = 2
LEAST_ACCEPTANCE = 0.05
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Rule:
    """One row: the verdict, the sentence that is printed with it, and whether it holds.

    ``holds`` takes the card's numbers, and whether nothing that blocks looks at the code.
    """

    verdict: Verdict
    sentence: str
    holds: Callable[[Facts, bool], bool]


def says(difference: float, p: float, agreeing: int, seeds: int) -> Says:
    """Return what a contrast says: a sign only where the corrected p is below .05 and every seed has that sign."""
    if p >= SIGNIFICANT or agreeing < seeds:
        return "not separable"
    return "more" if difference > 0 else "less"


def decide(facts: Facts, blind: bool) -> tuple[Verdict, str]:
    """Return the verdict and the sentence of the rule that gave it."""
    rule = next(rule for rule in RULES if rule.holds(facts, blind))
    return rule.verdict, rule.sentence


def explained() -> str:
    """Return the rules in words, one a line, as the schema publishes them."""
    return "\n".join(f"{place}. `{rule.verdict}`: {rule.sentence}" for place, rule in enumerate(RULES, 1))


def _against(facts: Facts, control: Literal["ungated", "random", "human"]) -> Says | None:
    contrast = getattr(facts.contrasts, control)
    return contrast.says if contrast is not None else None


def _better(facts: Facts) -> bool:
    return _against(facts, "ungated") == _against(facts, "random") == "more"


def _accepted_too_little(facts: Facts) -> bool:
    return facts.mean_acceptance is None or facts.mean_acceptance < LEAST_ACCEPTANCE


def _stamps(facts: Facts) -> bool:
    index = facts.rubber_stamp
    if index is None or len(index.seeds) < facts.seeds or _against(facts, "random") == "more":
        return False
    return all(value > 0 for value in index.seeds)


# In this order; the first that holds gives the verdict. `none` and the toss are compared with nothing further: with no
# gate every sample is accepted, which is the ungated arm itself and a toss at rate 1; a toss is its own control.
RULES: tuple[Rule, ...] = (
    Rule(
        "unmeasured",
        "An arm that the verdict needs has not come to its end in every seed.",
        lambda facts, blind: not facts.complete,
    ),
    Rule(
        "unmeasured",
        "The base model solved nothing, so that there was no skill to keep.",
        lambda facts, blind: facts.retention.policy is None,
    ),
    Rule(
        "unmeasured",
        f"It was measured in fewer than {LEAST_SEEDS} seeds.",
        lambda facts, blind: facts.seeds < LEAST_SEEDS,
    ),
    Rule(
        "unmeasured",
        f"It accepted less than {LEAST_ACCEPTANCE:.0%} of the samples on average, so that next to nothing was trained "
        "on that it let through.".replace("%", " %"),
        lambda facts, blind: _accepted_too_little(facts),
    ),
    Rule(
        "no better than chance",
        "Nothing that blocks looks at the code: the policy is its own random control, whatever else was measured.",
        lambda facts, blind: blind,
    ),
    Rule(
        "unmeasured",
        "The study has no ungated arm beside it.",
        lambda facts, blind: facts.contrasts.ungated is None,
    ),
    Rule(
        "unmeasured",
        "The study has no toss at the policy's own acceptance rate beside it.",
        lambda facts, blind: facts.contrasts.random is None,
    ),
    Rule(
        "holds",
        "It keeps more than no gate and more than a toss at its own acceptance rate, and not separably less than "
        "training on fresh human code.",
        lambda facts, blind: _better(facts) and _against(facts, "human") in ("more", "not separable"),
    ),
    Rule(
        "slows",
        "It keeps more than no gate and more than a toss at its own acceptance rate, but less than training on fresh "
        "human code.",
        lambda facts, blind: _better(facts) and _against(facts, "human") == "less",
    ),
    Rule(
        "slows",
        "It keeps more than no gate and more than a toss at its own acceptance rate; the study does not say how it "
        "compares with fresh human code.",
        lambda facts, blind: _better(facts),
    ),
    Rule(
        "rubber stamp",
        "It is not separably better than a toss at its own acceptance rate, and in every seed its approval at the "
        "frozen threshold fell less, or rose more, than correctness did.",
        lambda facts, blind: _stamps(facts),
    ),
    Rule(
        "no better than chance",
        "It is not separably better than both no gate and a toss at its own acceptance rate.",
        lambda facts, blind: True,
    ),
)
