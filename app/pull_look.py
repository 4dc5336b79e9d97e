"""A pull request was closed without being merged, or opened again: it leaves those that await a look, or comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.github.pull import fetch_pull
from app.ledger.seen import PullIs
from app.pull_review import Asked, Services, review_pull
from app.pull_seen import seen_of

_SAID = {PullIs.OPEN: "open", PullIs.CLOSED: "closed without being merged", PullIs.MERGED: "merged"}


def look(services: Services, asked: Asked, number: int, *, was_open: bool, updated: int) -> str:
    """Write down how a pull request is now. Return what was done in words.

    What GitHub says now counts, and not which of two events came first. What the event said (*was_open*, at
    *updated*, in seconds since the epoch) counts where GitHub's answer is older than that. One that was opened again,
    and whose head nobody reviewed because it was closed at the time, is reviewed. Raises as ``review_pull`` does.
    """
    pull = fetch_pull(services.installations.api(asked.installation, asked.repository), asked.repository, number)
    seen, told = seen_of(pull), datetime.fromtimestamp(updated, UTC)
    if seen.updated < told:
        seen = replace(seen, state=PullIs.OPEN if was_open else PullIs.CLOSED, updated=told)
    services.ledger.seen(pull.repository_id, pull.repository, number, seen, delivery=asked.delivery)
    said = f"It was written down that the pull request is {_SAID[seen.state]}."
    is_missing = services.ledger.latest_review(pull.repository_id, number, pull.head) is None
    if was_open and pull.is_open and pull.head == asked.head and is_missing:
        return f"{said} {review_pull(services, asked, number)}"
    return said
