"""What a reviewed pull request stands at: its gates and its approvals in one conclusion. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.reporting.words import listed
from app.review_types import Review
from gates.decision import Decision
from gates.verdict import Outcome


class Conclusion(StrEnum):
    """How a check run ends; the words are GitHub's."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    ACTION_REQUIRED = "action_required"


@dataclass(frozen=True)
class Approvals:
    """What the approvals of a pull request come to.

    ``lacking``: the sentence that says which review is still needed, ``None`` where none is. ``self_review``: the only
    approvals come from the author's own model family or harness, or through an account that relays. ``sentences``
    tell of each approval that does not count, and why.
    """

    lacking: str | None = None
    self_review: bool = False
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """A pull request's conclusion, and the one sentence that stands beside it."""

    conclusion: Conclusion
    title: str


def stand(review: Review, approvals: Approvals) -> Standing:
    """Return what a review and the approvals come to.

    Only a blocking rejection is a failure, and success is said only where an enforced policy's gates accepted and no
    review is lacking. What could not be judged, and what only advises, is neutral.
    """
    rejecting = [j.verdict.gate for j in review.verdicts if j.blocking and j.verdict.outcome is Outcome.REJECT]
    failing = [j.verdict.gate for j in review.verdicts if j.blocking and j.verdict.outcome is Outcome.ERROR]
    if review.decision is Decision.REJECT:
        return Standing(Conclusion.FAILURE, f"Rejected by {listed(rejecting)}")
    if review.decision is Decision.ERROR:
        return Standing(Conclusion.NEUTRAL, f"Could not judge: {listed(failing)}")
    if not review.policy.enforced:
        objects = "gates object" if review.would_decide is not Decision.ACCEPT else "no blocking gate objects"
        return Standing(Conclusion.NEUTRAL, f"Advice only: {objects}")
    if approvals.lacking is not None:
        why = "only its own kind approved" if approvals.self_review else "a review is needed"
        return Standing(Conclusion.ACTION_REQUIRED, f"Gates passed; {why}")
    if not any(j.verdict.outcome is Outcome.ACCEPT for j in review.verdicts):
        return Standing(Conclusion.NEUTRAL, "Nothing to judge: no gate applies to this change")
    return Standing(Conclusion.SUCCESS, "Gates passed")
