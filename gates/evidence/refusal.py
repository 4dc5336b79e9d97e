"""Policies that rest on the author's own model alone, and what was measured of such."""

from __future__ import annotations

from collections.abc import Sequence

from gates.evidence.card import Card
from gates.evidence.line import many, percent
from gates.evidence.shelf import Shelf, Shelved
from gates.policy import Policy, alone_sentence, rests_on_author

_MOST_QUOTED = 3


def refusal(policy: Policy, shelf: Shelf) -> tuple[str, ...]:
    """Return the sentences that refuse a policy, with the measured rubber-stamp index; nothing where it may judge."""
    alone = rests_on_author(policy)
    if not alone:
        return ()
    return (alone_sentence(policy, alone), *quoted(policy, shelf))


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
