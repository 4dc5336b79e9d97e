"""What the approvals of a pull request come to, in words for people. Pure."""

from __future__ import annotations

from app.provenance.types import Provenance
from app.review import review_needed
from app.reviewers import Reviewed
from app.standing import Approvals
from gates.policy import Policy


def approvals_of(reviewed: Reviewed, policy: Policy, provenance: Provenance) -> Approvals:
    """Return what is lacking by *policy*, and a sentence on each approval that does not count."""
    needed = review_needed(policy, provenance)
    lacking = needed
    if needed is None or reviewed.is_enough:
        lacking = None
    elif reviewed.counted:
        lacking = f"{needed} It has {reviewed.counted}."
    sentences = tuple(each.sentence for each in reviewed.approvals if not each.counts)
    return Approvals(lacking, reviewed.is_self_review, sentences)
