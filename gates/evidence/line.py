"""One line of evidence, the same in every place that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.evidence.card import Card, Interval

if TYPE_CHECKING:
    from gates.evidence.compose import Part


def of_card(card: Card) -> str:
    """Return a card's line."""
    return measured(card.policy.name, card)


def measured(name: str, card: Card) -> str:
    """Return the line of a policy that has a card; *name* is what it is called here."""
    kept, facts = card.summary.retention.policy, card.summary
    where = f"{card.study.name} study{', quick form' if card.study.quick else ''}, {many(facts.seeds, 'seed')}"
    if facts.verdict == "unmeasured" or kept is None:
        return f"policy `{name}`: unmeasured ({facts.rule[0].lower()}{facts.rule[1:].rstrip('.')}), {where}"
    ungated = f"; ungated {percent(facts.retention.ungated.estimate)}" if facts.retention.ungated else ""
    rounds = many(facts.round, "round")
    shown = f"{percent(kept.estimate)} of skill kept after {rounds} (95 % interval {ends(kept)}{ungated})"
    return f"policy `{name}`: {shown}, {where}"


def stale(name: str, why: str) -> str:
    """Return the line of a policy whose card is of another time."""
    return f"policy `{name}`: evidence is stale ({why}), so it says nothing now"


def unmeasured(name: str) -> str:
    """Return the line of a policy of which nothing is known."""
    return f"policy `{name}`: unmeasured"


def composed(name: str, parts: tuple[Part, ...], uncovered: tuple[str, ...]) -> str:
    """Return the line of a policy that has no card, from cards of its gates."""
    if parts and parts[0].exact:
        same = f"not measured itself, but `{parts[0].card.policy.name}` has the same blocking gates"
        return f"policy `{name}`: composed: {same}: {measured(parts[0].card.policy.name, parts[0].card)}"
    alone = "; ".join(f"{_gates(part)} kept {_kept(part.card)}" for part in parts)
    rest = f"; nothing is known of {_listed(uncovered)}" if uncovered else ""
    return f"policy `{name}`: composed: not measured as a whole; of its gates, {alone}{rest}"


def percent(share: float) -> str:
    """Return a share as people read it: ``94 %``."""
    return f"{round(100 * share)} %"


def ends(interval: Interval) -> str:
    """Return an interval's ends in per cent: ``90 to 97``."""
    return f"{round(100 * interval.low)} to {round(100 * interval.high)}"


def _gates(part: Part) -> str:
    names = list(part.card.policy.gates)
    return f"{_listed(tuple(names))} {'alone' if len(names) == 1 else 'together'}"


def _kept(card: Card) -> str:
    kept = card.summary.retention.policy
    return f"{percent(kept.estimate)} of skill ({ends(kept)})" if kept else "an unknown share of skill"


def _listed(names: tuple[str, ...]) -> str:
    shown = [f"`{name}`" for name in names]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def many(count: int, thing: str) -> str:
    """Return a count with its thing: ``1 seed``, ``3 seeds``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
