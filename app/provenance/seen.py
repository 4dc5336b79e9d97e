"""A sign as it was seen, before it is decided whether it counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.provenance.names import UNKNOWN, Named
from app.provenance.rules import Row
from app.provenance.types import Ignored, Role, Signal, Tier

NO_TOOL = "none"
"""The harness and model family of a person's attestation."""

_LONGEST_EVIDENCE = 200
_REVIEW = "A review is no authorship."


@dataclass(frozen=True, slots=True)
class Seen:
    """One sign: its row, where it stood, what it says, and why it does not count (``None``: it does)."""

    row: Row
    field: str
    evidence: str
    harness: str = UNKNOWN
    family: str = UNKNOWN
    model: str | None = None
    tier: Tier = Tier.TEXT
    role: Role = Role.AUTHOR
    reason: str | None = None

    @property
    def declares(self) -> bool:
        """Whether this sign alone declares AI authorship."""
        return self.reason is None and self.row.strength == "strong" and self.role is not Role.REVIEW


def seen(row: Row, field: str, evidence: str, named: Named | None = None, *, reason: str | None = None) -> Seen:
    """Build a sign from its row, the harness and family completed by what the text names."""
    named = named or Named()
    return Seen(
        row=row,
        field=field,
        evidence=evidence,
        harness=row.harness or named.harness or UNKNOWN,
        family=_family(row, named),
        model=named.model,
        role=row.role or Role.AUTHOR,
        reason=reason or (None if row.counts else row.note),
    )


def _family(row: Row, named: Named) -> str:
    """A named model decides; else the row's harness, unless the text names another tool's family only."""
    if named.model is not None:
        return named.family
    return row.model_family or (named.family if row.harness in (None, named.harness) else UNKNOWN)


def in_window(sign: Seen, when: datetime) -> Seen:
    """Return the sign, not counted where its row is not valid on that day."""
    if sign.reason is not None or sign.row.covers(when):
        return sign
    day = when.astimezone(UTC).date()
    return replace(sign, reason=f"This signal counts {sign.row.window()} only; the commit is of {day}.")


def settle(
    signs: Iterable[Seen], commit: str | None, agreeing: Iterable[str] = ()
) -> tuple[list[Signal], list[Ignored]]:
    """Decide which signs count.

    Strong author and assist signs do; weak ones where a strong one names the same harness, here or among
    *agreeing*; reviews never. Each sign is listed once.
    """
    unique = list(dict.fromkeys(signs))
    strong = {sign.harness for sign in unique if sign.declares} | set(agreeing)
    counted: list[Signal] = []
    ignored: list[Ignored] = []
    for sign in unique:
        reason = _reason(sign, strong)
        if reason is None:
            counted.append(
                Signal(
                    id=sign.row.id,
                    harness=sign.harness,
                    model_family=sign.family,
                    model=sign.model,
                    tier=sign.tier,
                    role=sign.role,
                    field=sign.field,
                    evidence=quote(sign.evidence),
                    commit=commit,
                )
            )
        else:
            ignored.append(Ignored(sign.row.id, sign.field, quote(sign.evidence), reason, commit))
    return counted, ignored


def _reason(sign: Seen, strong: set[str]) -> str | None:
    if sign.reason is not None:
        return sign.reason
    if sign.role is Role.REVIEW:
        return sign.row.note or _REVIEW
    if sign.row.strength == "weak" and (sign.harness == UNKNOWN or sign.harness not in strong):
        detail = f" {sign.row.note}" if sign.row.note else ""
        return f"Weak on its own, and no strong signal agrees.{detail}"
    return None


def quote(text: str) -> str:
    """Return *text* on one line, at most 200 characters, without control characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST_EVIDENCE]).split())
    return line if len(line) <= _LONGEST_EVIDENCE else line[: _LONGEST_EVIDENCE - 1] + "…"
