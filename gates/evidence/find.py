"""What is known of one policy: measured, composed from cards of its gates, stale, or unmeasured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gates.evidence import line
from gates.evidence.card import Card
from gates.evidence.compose import Composed, compose, left_out
from gates.evidence.shelf import Shelf, Shelved, shipped
from gates.policy import Policy
from gates.presets import preset, preset_names

_NO_CARD = "No card is about this policy."
Status = Literal["measured", "composed", "stale", "unmeasured"]


@dataclass(frozen=True)
class PolicyEvidence:
    """A policy's evidence.

    ``line`` is what every face shows. ``found`` is the policy's own card where there is one: it counts only where
    ``status`` is `measured`; a stale one, and one whose verdict is `unmeasured`, are there to be looked at.
    ``reason`` says why nothing was measured, or by which rule the verdict came. ``composed`` is empty for a measured
    policy. ``left_out``: what the policy says and no study measures.
    """

    name: str
    hash: str
    status: Status
    line: str
    reason: str
    found: Shelved | None
    composed: Composed
    left_out: tuple[str, ...]

    @property
    def card(self) -> Card | None:
        """The card whose numbers hold for this policy: its own, or that of one with the same blocking gates."""
        if self.status == "measured" and self.found is not None:
            return self.found.card
        exact = [part.card for part in self.composed.parts if part.exact] if self.status == "composed" else []
        return exact[0] if exact else None


def find(policy: Policy, shelf: Shelf | None = None) -> PolicyEvidence:
    """Return what is known of a policy; without a shelf from the cards that ship."""
    shelf = shipped() if shelf is None else shelf
    name, own = policy.name, _own(policy, shelf)
    if own is not None and own.stale is None and own.card.summary.verdict != "unmeasured":
        return _made(policy, "measured", line.measured(name, own.card), own.card.summary.rule, own, Composed((), ()))
    composed = compose(policy, shelf)
    if own is not None and own.stale is not None:
        return _made(policy, "stale", line.stale(name, own.stale), own.stale, own, composed)
    if own is not None:
        return _made(policy, "unmeasured", line.measured(name, own.card), own.card.summary.rule, own, composed)
    if composed.parts:
        shown = line.composed(name, composed.parts, composed.uncovered)
        return _made(policy, "composed", shown, _NO_CARD, None, composed)
    return _made(policy, "unmeasured", line.unmeasured(name), _NO_CARD, None, composed)


def _own(policy: Policy, shelf: Shelf) -> Shelved | None:
    """Return the policy's card; for a shipped policy without one, that of its earlier form, which is stale."""
    found = shelf.find(policy.hash)
    if found is None and policy.name in preset_names() and preset(policy.name).hash == policy.hash:
        return shelf.named(policy.name)
    return found


def _made(
    policy: Policy, status: Status, shown: str, reason: str, found: Shelved | None, composed: Composed
) -> PolicyEvidence:
    return PolicyEvidence(policy.name, policy.hash, status, shown, reason, found, composed, left_out(policy))
