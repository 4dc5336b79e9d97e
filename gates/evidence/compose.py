"""What can be said of a policy that has no card, from cards of its gates; and what no card says of any policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gates.evidence.card import Card
from gates.evidence.shelf import Shelf, Shelved, best
from gates.policy import EVERY_STATUS, Policy


@dataclass(frozen=True)
class Part:
    """A card whose gates are among a policy's, with the same settings.

    ``exact``: they are all that block, and on every change. Then the study would have chosen the same samples: only
    what chooses none (advice, reviews) differs.
    """

    card: Card
    source: str
    exact: bool


@dataclass(frozen=True)
class Composed:
    """Parts, the largest sets of gates only, and the blocking gates that no card is about. Never one number."""

    parts: tuple[Part, ...]
    uncovered: tuple[str, ...]


def compose(policy: Policy, shelf: Shelf) -> Composed:
    """Return what cards of a policy's gates say. A policy that asks for more accepts less: what that keeps is open."""
    asked = _asked(policy)
    whole = all(set(policy.gates[name].only_for) == set(EVERY_STATUS) for name in asked)
    # Only what fits is asked whether it is stale: that imports the gates of a card, and these are the policy's own.
    said = [one for one in shelf.cards if one.card.summary.verdict != "unmeasured" and _fits(one.card, asked)]
    fitting = [one for one in said if one.stale is None]
    same = best(one for one in fitting if one.card.policy.gates.keys() == asked.keys())
    if same is not None and whole:
        return Composed((Part(same.card, same.source, exact=True),), ())
    chosen = _largest(one for one in fitting if not one.card.policy.blind)
    covered = {name for one in chosen for name in one.card.policy.gates}
    parts = tuple(Part(one.card, one.source, exact=False) for one in chosen)
    return Composed(parts, tuple(name for name in asked if name not in covered))


def left_out(policy: Policy) -> tuple[str, ...]:
    """Return sentences on what a policy says that no study measures: only gates that block choose samples there."""
    said = []
    if not policy.enforce:
        said.append("`enforce: false`: it blocks nothing as it stands; what is measured is the policy when it blocks.")
    if set(policy.applies_to) != set(EVERY_STATUS):
        said.append(f"It judges {_words(policy.applies_to)} changes only; a study judges every sample.")
    for name, rule in policy.gates.items():
        if rule.level == "block" and set(rule.only_for) != set(EVERY_STATUS):
            said.append(f"`{name}` judges {_words(rule.only_for)} changes only; a study judges every sample.")
    if advising := [f"`{name}`" for name, rule in policy.gates.items() if rule.level == "advise"]:
        said.append(f"{', '.join(advising)} {'advises' if len(advising) == 1 else 'advise'}: that chooses no sample.")
    if policy.review is not None and policy.review.approvals:
        said.append("The review that it asks for was not measured: no person takes part in a study.")
    return tuple(said)


def _asked(policy: Policy) -> dict[str, dict[str, Any]]:
    """Return the settings of each gate that blocks, in the form of a card."""
    blocking = [name for name, rule in policy.active().items() if rule.level == "block"]
    return {name: policy.settings_of(name).model_dump(mode="json") for name in blocking}


def _fits(card: Card, asked: Mapping[str, dict[str, Any]]) -> bool:
    settings = card.policy.settings
    if settings is None or settings.keys() != card.policy.gates.keys():
        return False
    return all(name in asked and asked[name] == given for name, given in settings.items())


def _largest(found: Iterable[Shelved]) -> list[Shelved]:
    """Return one card for each set of gates that lies in no larger one, in the order of their names."""
    by_gates: dict[frozenset[str], list[Shelved]] = {}
    for one in found:
        by_gates.setdefault(frozenset(one.card.policy.gates), []).append(one)
    chosen = [best(of) for gates, of in by_gates.items() if not any(gates < other for other in by_gates)]
    return sorted((one for one in chosen if one is not None), key=lambda one: one.card.policy.name)


def _words(names: Iterable[str]) -> str:
    return ", ".join(names)
