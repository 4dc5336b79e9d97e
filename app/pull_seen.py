"""How a pull request is, as the ledger keeps it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.ledger.seen import PullIs, Seen

if TYPE_CHECKING:
    from app.github.pull import PullRequest


def seen_of(pull: PullRequest) -> Seen:
    """Return what is kept of a pull request."""
    ended = PullIs.CLOSED if pull.merge_sha is None else PullIs.MERGED
    return Seen(
        state=PullIs.OPEN if pull.is_open else ended,
        updated=_moment(pull.updated),
        title=pull.title,
        author=pull.author.login,
        head_ref=pull.head_ref,
        base_ref=pull.base_ref,
    )


def _moment(text: str) -> datetime:
    """Return GitHub's time; the earliest one where it is none, so that whatever is known stays."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
