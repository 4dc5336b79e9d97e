"""The job's page: the review in Markdown, why the step ends as it does, and what could not be done."""

from __future__ import annotations

from collections.abc import Sequence

from app.action.ending import Ending
from app.reporting.markdown import render
from app.reporting.text import clip, markdown
from app.review_types import Review

# "Job summaries are isolated between steps and restricted to a maximum size of 1MiB" (GitHub Docs, "Workflow
# commands", step isolation and limits). A step that goes over it loses the whole page.
LIMIT = 1024 * 1024
_LONGEST_NOTE = 2_000


def page(
    review: Review, ending: Ending, notes: Sequence[str], *, limit: int = LIMIT, dashboard: str | None = None
) -> str:
    """Return the page in at most *limit* bytes of UTF-8; what does not fit is counted and is in the JSON report.

    *dashboard* is the address of one, where the workflow names it.
    """
    tail = _tail(ending, notes)
    return render(review, limit=max(0, limit - 1 - len(tail.encode())), dashboard=dashboard) + tail


def unjudged_page(heading: str, sentence: str, ending: Ending) -> str:
    """Return the page of a job in which nothing was judged."""
    return f"## {markdown(heading)}\n\n{markdown(clip(sentence, _LONGEST_NOTE))}\n{_tail(ending, ())}"


def _tail(ending: Ending, notes: Sequence[str]) -> str:
    lines = [ending.sentence, *notes]
    return "\n---\n\n" + "".join(f"- {markdown(clip(line, _LONGEST_NOTE))}\n" for line in lines)
