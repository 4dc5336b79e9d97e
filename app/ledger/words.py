"""The words that the ledger's rows use, beyond those of provenance and of the gates."""

from __future__ import annotations

from enum import StrEnum

from app.provenance.types import Status

PROVENANCE = "provenance"
"""The kind of override that says whose a change is; every other kind is kept as it is told."""


class Reviewers(StrEnum):
    """Whose approvals a merged change had: of someone independent, of its own model family or harness, or none."""

    INDEPENDENT = "independent"
    SELF = "self"
    NONE = "none"


class Method(StrEnum):
    """How a pull request went in, in GitHub's words."""

    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"


class CheckStep(StrEnum):
    """How far a check run is, in GitHub's words."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


_SHORT = {"ai": Status.AI_DECLARED, "human": Status.HUMAN_ATTESTED}


def override_status(kind: str, value: str) -> Status | None:
    """Return the provenance that an override gives a change: ``ai``, ``human`` or a status's own name.

    ``None`` for overrides of other kinds. Raises ``ValueError`` where the value is no such word.
    """
    if kind != PROVENANCE:
        return None
    if value in _SHORT:
        return _SHORT[value]
    try:
        return Status(value)
    except ValueError:
        known = ", ".join([*_SHORT, *(status.value for status in Status)])
        raise ValueError(f"An override of provenance says one of {known}; {value!r} is none of them.") from None
