"""What a gate says: one verdict a change, with its findings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self


class Outcome(StrEnum):
    """How a gate ended. Only ``ACCEPT`` accepts; an ``ERROR`` never counts as one."""

    ACCEPT = "accept"
    REJECT = "reject"
    SKIP = "skip"
    ERROR = "error"


class Severity(StrEnum):
    """How grave a finding is; the words are SARIF 2.1.0's levels (section 3.27.10)."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing seen at one place.

    ``path`` is relative to the repository's root, with ``/``; ``None`` where the finding is about the whole
    change. Lines count from 1 and belong to the head snapshot unless the rule says otherwise; ``end_line`` is
    inclusive. ``message`` may quote untrusted text: reporters neutralise it for their medium.
    """

    path: str | None
    line: int | None
    rule: str
    message: str
    severity: Severity = Severity.WARNING
    end_line: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the finding in the form of the published JSON schema."""
        return {
            "path": self.path,
            "line": self.line,
            "end_line": self.end_line if self.end_line is not None else self.line,
            "rule": self.rule,
            "message": self.message,
            "severity": self.severity.value,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's answer for one change: the outcome, the reason in a sentence, a score and the findings.

    ``score`` is the gate's own number (its meaning and unit are in the gate's documentation), ``None`` where it
    has none. ``seconds`` is the wall time spent, filled in by the panel.
    """

    gate: str
    outcome: Outcome
    reason: str
    score: float | None = None
    findings: tuple[Finding, ...] = field(default=())
    seconds: float = 0.0

    @classmethod
    def accept(cls, gate: str, reason: str, *, score: float | None = None, findings: tuple[Finding, ...] = ()) -> Self:
        """Build an accepting verdict."""
        return cls(gate, Outcome.ACCEPT, reason, score, findings)

    @classmethod
    def reject(cls, gate: str, reason: str, *, score: float | None = None, findings: tuple[Finding, ...] = ()) -> Self:
        """Build a rejecting verdict."""
        return cls(gate, Outcome.REJECT, reason, score, findings)

    @classmethod
    def skip(cls, gate: str, reason: str, *, findings: tuple[Finding, ...] = ()) -> Self:
        """Build a verdict for a change that the gate does not apply to."""
        return cls(gate, Outcome.SKIP, reason, None, findings)

    @classmethod
    def error(cls, gate: str, reason: str, *, findings: tuple[Finding, ...] = ()) -> Self:
        """Build a verdict for a change that could not be judged; the reason says what to do about it."""
        return cls(gate, Outcome.ERROR, reason, None, findings)

    def timed(self, seconds: float) -> Self:
        """Return the same verdict with its wall time."""
        return replace(self, seconds=seconds)
