"""The words of provenance: status, tier, signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Where code was declared to come from. ``UNDECLARED`` does not mean that a person wrote it."""

    AI_DECLARED = "ai-declared"
    MIXED = "mixed"
    HUMAN_ATTESTED = "human-attested"
    UNDECLARED = "undeclared"


class Tier(StrEnum):
    """How far a signal can be trusted, strongest first; e-mails and text are forgeable."""

    ACTOR = "actor"
    SIGNATURE = "signature"
    EMAIL = "email"
    TEXT = "text"


class Role(StrEnum):
    """What the declared tool did."""

    AUTHOR = "author"
    ASSIST = "assist"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Signal:
    """A sign of provenance that counted.

    ``id`` names the row of the rule set. ``harness`` is the tool (Claude Code, Copilot, ...), ``model_family`` the
    maker of the model behind it (``unknown`` is an explicit value), ``model`` the name as declared. ``evidence``
    quotes what matched, untrusted text of at most 200 characters. ``commit`` is ``None`` for signals of the pull
    request itself (body, branch).
    """

    id: str
    harness: str
    model_family: str
    model: str | None
    tier: Tier
    role: Role
    field: str
    evidence: str
    commit: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the signal in the form of the published JSON schema."""
        return {
            "id": self.id,
            "harness": self.harness,
            "model_family": self.model_family,
            "model": self.model,
            "tier": self.tier.value,
            "role": self.role.value,
            "field": self.field,
            "evidence": self.evidence,
            "commit": self.commit,
        }


@dataclass(frozen=True, slots=True)
class Ignored:
    """A sign that was seen and not counted, with the reason in a sentence."""

    id: str
    field: str
    evidence: str
    reason: str
    commit: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it in the form of the published JSON schema."""
        return {
            "id": self.id,
            "field": self.field,
            "evidence": self.evidence,
            "reason": self.reason,
            "commit": self.commit,
        }


@dataclass(frozen=True)
class Provenance:
    """What was declared, for one commit or a whole change.

    ``lines`` counts added lines by status (keys are ``Status`` values); empty where lines were not counted.
    ``rules`` is the version of the rule set that judged.
    """

    status: Status
    signals: tuple[Signal, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    harnesses: tuple[str, ...] = ()
    model_families: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    rules: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it in the form of the published JSON schema."""
        return {
            "status": self.status.value,
            "harnesses": list(self.harnesses),
            "model_families": list(self.model_families),
            "models": list(self.models),
            "signals": [s.as_dict() for s in self.signals],
            "ignored": [i.as_dict() for i in self.ignored],
            "lines": dict(self.lines),
            "rules": self.rules,
        }
