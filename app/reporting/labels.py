"""The labels that a review gives a pull request, as data."""

from __future__ import annotations

from dataclasses import dataclass

from app.provenance.types import Status
from app.review_types import Review
from app.standing import Approvals
from gates.decision import Decision
from gates.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Label:
    """A label: at most 50 characters of name, six hex digits of colour, at most 100 characters of description."""

    name: str
    color: str
    description: str


LABELS = (
    Label("provenance/ai", "5319e7", "Declared: AI wrote this change"),
    Label("provenance/mixed", "8a63d2", "Declared: AI wrote part of this change"),
    Label("provenance/human", "0e8a16", "Attested: a person says they wrote this change"),
    Label("provenance/undeclared", "c5def5", "Nothing says who wrote this change; that does not mean a person did"),
    Label("gates/passed", "0e8a16", "No gate that the policy lets block rejects this change"),
    Label("gates/failed", "b60205", "A gate that the policy lets block rejects this change"),
    Label("review/needs-human", "fbca04", "The policy asks for a review that this change does not have yet"),
    Label("review/self-review", "d93f0b", "Its only approvals come from the kind of AI that wrote it"),
)
BY_NAME = {label.name: label for label in LABELS}

_PROVENANCE = {
    Status.AI_DECLARED: "provenance/ai",
    Status.MIXED: "provenance/mixed",
    Status.HUMAN_ATTESTED: "provenance/human",
    Status.UNDECLARED: "provenance/undeclared",
}


def wanted(review: Review, approvals: Approvals | None = None) -> frozenset[str]:
    """Return the names of the labels that hold for a reviewed change.

    What the policy would decide counts, also where it only advises. A change that could not be judged, or that no
    gate accepted, is neither passed nor failed. Of review something is said only where *approvals* are known.
    """
    names = {_PROVENANCE[review.provenance.status], _gates(review)}
    if approvals is not None:
        names |= {"review/self-review"} if approvals.self_review else set()
        names |= {"review/needs-human"} if approvals.lacking is not None else set()
    return frozenset(name for name in names if name is not None)


def _gates(review: Review) -> str | None:
    if review.would_decide is Decision.REJECT:
        return "gates/failed"
    accepted = any(judged.verdict.outcome is Outcome.ACCEPT for judged in review.verdicts)
    return "gates/passed" if review.would_decide is Decision.ACCEPT and accepted else None


def family(name: str) -> str:
    """Return the part of a label's name that its family shares."""
    return name.partition("/")[0]
