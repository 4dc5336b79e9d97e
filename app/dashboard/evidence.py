"""What is known of a policy that the ledger names by its hash."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from gates.evidence import line
from gates.evidence.card import Card
from gates.evidence.find import find
from gates.evidence.shelf import Shelf
from gates.policy import Policy
from gates.presets import preset, preset_names


@dataclass(frozen=True)
class Evidence:
    """A policy with what was measured of it.

    ``line`` is what every face shows; ``status`` is measured, composed, stale or unmeasured; ``card`` is there where
    one is of this policy or of one with the same blocking gates, also where it is stale. ``policy`` is ``None`` where
    only the hash is known.
    """

    name: str
    hash: str
    status: str
    line: str
    reason: str
    card: Card | None
    policy: Policy | None
    left_out: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Its page."""
        return f"/policies/{self.hash}"


@cache
def shipped_policies() -> dict[str, Policy]:
    """Return the shipped policies by their hash; of equal ones the first."""
    found: dict[str, Policy] = {}
    for name in preset_names():
        found.setdefault(preset(name).hash, preset(name))
    return found


def evidence(policy_hash: str, name: str, shelf: Shelf, kept: Policy | None = None) -> Evidence:
    """Return what is known of the policy of this hash; *name* is what it is called.

    *kept* is the policy itself, where the ledger has it.
    """
    policy = shipped_policies().get(policy_hash) or kept
    if policy is not None:
        found = find(policy, shelf)
        card = found.card or (found.found.card if found.found else None)
        return Evidence(name, policy_hash, found.status, found.line, found.reason, card, policy, found.left_out)
    own = shelf.find(policy_hash)
    if own is None:
        why = "Only the hash of this policy is known here, and no card is about this hash."
        return Evidence(name, policy_hash, "unmeasured", line.unmeasured(name), why, None, None)
    if own.stale is not None:
        return Evidence(name, policy_hash, "stale", line.stale(name, own.stale), own.stale, own.card, None)
    status = "unmeasured" if own.card.summary.verdict == "unmeasured" else "measured"
    shown = line.measured(name, own.card)
    return Evidence(name, policy_hash, status, shown, own.card.summary.rule, own.card, None)
