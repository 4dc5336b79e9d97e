"""Policies that rest on the author's own model alone, and what was measured of such."""

from __future__ import annotations

from collections.abc import Sequence

from gates import registry
from gates.evidence.card import Card
from gates.evidence.line import many, percent
from gates.evidence.shelf import Shelf, Shelved
from gates.evidence.verdicts import BLIND
from gates.gate import Kind
from gates.policy import Policy, ProvenanceStatus

_MOST_QUOTED = 3


def rests_on_author(policy: Policy) -> tuple[ProvenanceStatus, ...]:
    """Return the provenances whose changes only the author's own model would judge.

    A gate that a policy keeps for other changes (`only_for`) is no judge of these, and neither is one that looks at
    nothing of the code.
    """
    return tuple(status for status in policy.applies_to if _kinds(policy, status) == {Kind.ENDOGENOUS})


def refusal(policy: Policy, shelf: Shelf) -> tuple[str, ...]:
    """Return the sentences that refuse a policy, with the measured rubber-stamp index; nothing where it may judge."""
    alone = rests_on_author(policy)
    if not alone:
        return ()
    of = "" if set(alone) == set(policy.applies_to) else f" on {', '.join(alone)} changes"
    said = f"Only the author's own model would decide{of} here. Let at least one exogenous gate block."
    return (said, *quoted(policy, shelf))


def quoted(policy: Policy, shelf: Shelf) -> tuple[str, ...]:
    """Return what cards of endogenous policies measured: of this one, else of those that share a gate, else of all."""
    found = [one for one in shelf.current if one.card.policy.kind == "endogenous" and one.card.summary.rubber_stamp]
    own = [one for one in found if one.card.policy.hash == policy.hash]
    if own:
        return (f"Measured: {_index(own[-1].card)}.",)
    blocking = {name for name, rule in policy.active().items() if rule.level == "block"}
    near = [one for one in found if blocking & one.card.policy.gates.keys()]
    if near and len(near) <= _MOST_QUOTED:
        return ("It was not measured itself. Measured, with the same gate:", *(f"{_index(one.card)}." for one in near))
    if near or found:
        return (_range(near or found, "with the same gate" if near else "that rest on the author's own model"),)
    return ("No card of such a policy is on the shelf, so there is no measurement to quote.",)


def _kinds(policy: Policy, status: ProvenanceStatus) -> set[Kind]:
    return {
        registry.get(name).kind
        for name, rule in policy.active().items()
        if rule.level == "block" and status in rule.only_for and name not in BLIND
    }


def _index(card: Card) -> str:
    stamp, kept = card.summary.rubber_stamp, card.summary.retention.policy
    assert stamp is not None
    seeds = f"{many(len(stamp.seeds), 'seed')}, {min(stamp.seeds):+.2f} to {max(stamp.seeds):+.2f}"
    skill = f", {percent(kept.estimate)} of skill kept" if kept else ""
    return (
        f"`{card.policy.name}` has a rubber-stamp index of {stamp.mean:+.2f} ({seeds}) after "
        f"{many(card.summary.round, 'round')}{skill}, {card.study.name} study"
    )


def _range(found: Sequence[Shelved], which: str) -> str:
    means = [stamp.mean for one in found if (stamp := one.card.summary.rubber_stamp) is not None]
    names = ", ".join(f"`{one.card.policy.name}`" for one in found)
    return (
        f"It was not measured itself. The {len(found)} measured policies {which} have rubber-stamp indices from "
        f"{min(means):+.2f} to {max(means):+.2f}, {sum(mean > 0 for mean in means)} of {len(means)} above 0: {names}."
    )
