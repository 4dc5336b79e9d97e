"""What another policy would have decided on changes that were reviewed, from the verdicts that are kept. Pure.

A kept verdict is one of the other policy's where the same version of the gate judged with the same settings and was
asked at all. Settings are known for policies that the ledger has whole or that are shipped, and for gates that have
none. What is not known is listed: it would have to be run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Protocol

from gates.decision import Decision, Judged, decide
from gates.gate import Settings
from gates.policy import EVERY_STATUS, Policy
from gates.verdict import Outcome, Verdict

_EVERY = frozenset[str](EVERY_STATUS)


@dataclass(frozen=True, slots=True)
class Kept:
    """A gate's verdict as it is kept; ``version`` is the gate's when it judged, ``None`` where that was not kept."""

    gate: str
    outcome: Outcome
    reason: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A reviewed change: what judged it, how that ended, and its provenance as the gates were told it."""

    policy_hash: str
    decision: Decision
    status: str
    verdicts: Sequence[Kept]


@dataclass(frozen=True, slots=True)
class Ran:
    """What gates of the policy that is simulated said when they were run for it, by name.

    ``status`` is the change's provenance as that policy reads it.
    """

    status: str
    verdicts: Mapping[str, Kept]


class Why(StrEnum):
    """Why a gate would have to be run."""

    NOT_ASKED = "it was not among the gates that judged"
    OTHER_VERSION = "another version of it judged"
    NO_VERSION = "which version of it judged was not kept"
    OTHER_SETTINGS = "it judged with other settings"
    UNKNOWN_SETTINGS = "its settings then are not known: the policy that judged is not among those known here"
    NOT_ITS_TURN = "the policy that judged did not ask it about changes of this provenance"
    OTHER_STATUS = "the policy asks it about some provenance only, and reads sign-offs in another way"


@dataclass(frozen=True, slots=True)
class Missing:
    """A gate whose verdict is not known, with the reason. ``blocking``: the decision may hang on it."""

    gate: str
    blocking: bool
    why: Why


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a policy would have decided on one change.

    ``decision`` is ``None`` where that hangs on gates that would have to be run; ``missing`` lists those, and the
    advisory ones. ``by`` are the blocking gates that reject, or that could not judge.
    """

    decision: Decision | None
    by: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def to_run(self) -> tuple[str, ...]:
        """The gates on which the decision hangs."""
        return tuple(one.gate for one in self.missing if one.blocking) if self.decision is None else ()


class Judge(Protocol):
    """What has to be known of a gate as it is now; ``gates.gate.Gate`` is one."""

    @property
    def version(self) -> str: ...  # noqa: D102

    @property
    def settings_type(self) -> type[Settings]: ...  # noqa: D102


@dataclass(frozen=True)
class _Asked:
    """A gate of the policy that is simulated: of which changes it is asked, and its settings."""

    blocking: bool
    of: frozenset[str]
    settings: Settings


class Simulation:
    """A policy, and what is known of those that judged: *policies* by their hash, *gates* by their name.

    ``gates`` returns ``None`` for a gate that is not installed here.
    """

    def __init__(self, policy: Policy, policies: Mapping[str, Policy], gates: Callable[[str], Judge | None]) -> None:
        self._policy, self._policies, self._gates = policy, policies, gates
        self._hash = policy.hash
        applies = frozenset(policy.applies_to)
        self._asked = {
            name: _Asked(rule.level == "block", frozenset(rule.only_for) & applies, policy.settings_of(name))
            for name, rule in policy.active().items()
        }
        self._same_settings = cache(self._settings_are_the_same)

    def of(self, reviewed: Reviewed, ran: Ran | None = None) -> Simulated:
        """Return what the policy, enforced, would have decided on a reviewed change; *ran* is what was run for it."""
        kept = {verdict.gate: verdict for verdict in reviewed.verdicts}
        doubtful = ran is None and self._may_read_otherwise(reviewed)
        status = reviewed.status if ran is None else ran.status
        judged: list[Judged] = []
        missing: list[Missing] = []
        for name, asked in self._asked.items():
            if doubtful and asked.of != _EVERY:
                missing.append(Missing(name, asked.blocking, Why.OTHER_STATUS))
            elif status not in asked.of:
                judged.append(Judged(Verdict.skip(name, "It is not asked about such changes."), asked.blocking))
            elif (run := self._run(name, ran)) is not None:
                judged.append(Judged(Verdict(name, run.outcome, run.reason), asked.blocking))
            elif (why := self._unknown(name, kept.get(name), reviewed)) is not None:
                missing.append(Missing(name, asked.blocking, why))
            else:
                judged.append(Judged(Verdict(name, kept[name].outcome, kept[name].reason), asked.blocking))
        return _decided(judged, missing)

    def _run(self, name: str, ran: Ran | None) -> Kept | None:
        """Return a verdict that was run for this policy, by the gate as it is now."""
        found, gate = None if ran is None else ran.verdicts.get(name), self._gates(name)
        return found if found is not None and gate is not None and found.version == gate.version else None

    def _may_read_otherwise(self, reviewed: Reviewed) -> bool:
        """Whether the policy might give the change another status: sign-offs attest in one and not in another."""
        if reviewed.policy_hash == self._hash or reviewed.status == "ai-declared":
            return False
        then = self._policies.get(reviewed.policy_hash)
        if then is not None:
            return then.accept_signoffs != self._policy.accept_signoffs
        # Whatever judged, what it left undeclared no policy attests that takes no sign-offs.
        return self._policy.accept_signoffs or reviewed.status != "undeclared"

    def _unknown(self, name: str, kept: Kept | None, reviewed: Reviewed) -> Why | None:
        """Return why a kept verdict cannot stand for the policy's own; ``None`` where it can."""
        if kept is None:
            return Why.NOT_ASKED
        if kept.version is None:
            return Why.NO_VERSION
        gate = self._gates(name)
        if gate is None or kept.version != gate.version:
            return Why.OTHER_VERSION
        if reviewed.policy_hash == self._hash:
            return None
        then = self._policies.get(reviewed.policy_hash)
        if then is None:
            return _without_policy(kept, gate)
        if name not in then.active():
            return Why.NOT_ASKED
        if reviewed.status not in then.gates[name].only_for:
            return Why.NOT_ITS_TURN
        return None if self._same_settings(name, reviewed.policy_hash) else Why.OTHER_SETTINGS

    def _settings_are_the_same(self, name: str, policy_hash: str) -> bool:
        return self._policies[policy_hash].settings_of(name) == self._asked[name].settings


def _without_policy(kept: Kept, gate: Judge) -> Why | None:
    if gate.settings_type.model_fields:
        return Why.UNKNOWN_SETTINGS
    # A skip may be the gate's own, or come from a rule that kept the gate for other changes.
    return Why.NOT_ITS_TURN if kept.outcome is Outcome.SKIP else None


def _decided(judged: Sequence[Judged], missing: Sequence[Missing]) -> Simulated:
    decision = decide(judged)
    # A rejection is final; anything else may be changed by a gate that blocks and has not been run.
    if decision is not Decision.REJECT and any(one.blocking for one in missing):
        return Simulated(None, (), tuple(missing))
    deciding = {Decision.REJECT: Outcome.REJECT, Decision.ERROR: Outcome.ERROR}.get(decision)
    by = tuple(j.verdict.gate for j in judged if j.blocking and j.verdict.outcome is deciding)
    return Simulated(decision, by, tuple(missing))


@dataclass(frozen=True)
class Sum:
    """What a policy would have decided on all of the changes; ``turned`` counts (then, now) where they differ."""

    all: int = 0
    decisions: Mapping[Decision, int] = field(default_factory=dict)
    unknown: int = 0
    turned: Mapping[tuple[Decision, Decision], int] = field(default_factory=dict)
    to_run: Mapping[str, int] = field(default_factory=dict)


def summed(results: Sequence[tuple[Reviewed, Simulated]]) -> Sum:
    """Return the numbers of a simulation; ``to_run`` counts by gate on how many changes it would have to be run."""
    told = [(then.decision, now.decision) for then, now in results if now.decision is not None]
    return Sum(
        all=len(results),
        decisions=Counter(now for _, now in told),
        unknown=len(results) - len(told),
        turned=Counter((then, now) for then, now in told if then is not now),
        to_run=Counter(gate for _, now in results for gate in now.to_run),
    )
