"""A check run's summary: the report, with what the approvals come to and what people said against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.reporting.evidence_link import evidence_page
from app.reporting.markdown import CHECK_RUN_LIMIT, LONGEST_TEXT, render
from app.reporting.text import clip, markdown
from app.review_types import Review
from app.standing import Approvals

_MOST = 20
_HOW = (
    "Write `/exogate rerun`, `/exogate explain` or `/exogate label human|ai REASON` in a comment, or press a button. "
    "A label that a person sets or takes off stays as they left it."
)


def summary(review: Review, approvals: Approvals, said: Sequence[str] = (), dashboard: str | None = None) -> str:
    """Return the Markdown in at most 65,535 bytes.

    *said* are sentences on what people set against the review, *dashboard* is the address of ours, if it has one.
    """
    lines = [*(f"Not counted: {sentence}" for sentence in approvals.sentences), *said]
    shown = [f"- {markdown(clip(line, LONGEST_TEXT))}" for line in lines[:_MOST]]
    if len(lines) > _MOST:
        shown.append(f"- {len(lines) - _MOST} more")
    people = "\n".join(["", "### People", "", *shown, ""]) if shown else ""
    tail = f"{people}\n---\n\n{_measured(review.policy.hash, dashboard)}{_HOW}\n"
    # What is lacking now, not what the policy would ask of a change that nobody has reviewed.
    current = replace(review, review_needed=approvals.lacking)
    return render(current, limit=CHECK_RUN_LIMIT - len(tail.encode()) - 1) + tail


def _measured(policy_hash: str, dashboard: str | None) -> str:
    page = evidence_page(policy_hash, dashboard)
    return "" if page is None else f"[What was measured for this policy]({page}). "
