"""How pull requests were when they were looked at: open or not, and what their authors call them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.ledger.models import PullSeen
from app.ledger.names import Names, seen_as
from app.ledger.types import storable
from app.reporting.text import clip

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# In characters. GitHub takes titles of 256 and branch names of 255 bytes; nothing here rests on that.
_LONGEST = {"title": 300, "author": 100, "head_ref": 255, "base_ref": 255}


class PullIs(StrEnum):
    """Whether a pull request awaits anything."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Seen:
    """A pull request at a moment: its state, GitHub's time of its last change, and its author's words.

    ``title``, ``author`` (a login), ``head_ref`` and ``base_ref`` are untrusted; the ledger keeps a few hundred
    characters of each.
    """

    state: PullIs
    updated: datetime
    title: str = ""
    author: str = ""
    head_ref: str = ""
    base_ref: str = ""


class Sightings(Names):
    """The part of the ledger that knows pull requests as people see them."""

    def seen(
        self, repository_id: int, repository: str, number: int, seen: Seen, *, delivery: str | None = None
    ) -> bool:
        """Add how a pull request is, unless this or a later change of it is known. Return whether a row was added.

        So what is heard twice, or out of order, changes nothing.
        """
        with self.writing() as session:
            seen_as(session, repository_id, repository, self.now())
            last = last_seen(session, repository_id, number)
            if last is not None and not _is_news(seen, last):
                return False
            add_seen(session, repository_id, number, seen, self.now(), delivery=delivery)
            return True

    def sightings(self, repository_id: int, number: int) -> Sequence[PullSeen]:
        """Return how a pull request was, the one that counts first."""
        rows = select(PullSeen).where(PullSeen.repository_id == repository_id, PullSeen.number == number)
        with self.reading() as session:
            return session.scalars(rows.order_by(PullSeen.updated.desc(), PullSeen.id.desc())).all()


def add_seen(
    session: Session,
    repository_id: int,
    number: int,
    seen: Seen,
    now: datetime,
    *,
    review_id: int | None = None,
    delivery: str | None = None,
) -> None:
    """Add a row within a transaction."""
    session.add(
        PullSeen(
            recorded=now,
            repository_id=repository_id,
            number=number,
            updated=seen.updated,
            review_id=review_id,
            delivery=delivery,
            **_words(seen),
        )
    )


def last_seen(session: Session, repository_id: int, number: int) -> PullSeen | None:
    """Return the row that counts, ``None`` where the pull request was never looked at."""
    rows = select(PullSeen).where(PullSeen.repository_id == repository_id, PullSeen.number == number)
    return session.scalar(rows.order_by(PullSeen.updated.desc(), PullSeen.id.desc()).limit(1))


def _is_news(seen: Seen, last: PullSeen) -> bool:
    """Whether a change is a later one than that of a row, or another one of the same second."""
    if seen.updated != last.updated:
        return seen.updated > last.updated
    return any(getattr(last, name) != word for name, word in _words(seen).items())


def _words(seen: Seen) -> dict[str, str]:
    words = {name: storable(clip(getattr(seen, name), most)) for name, most in _LONGEST.items()}
    return {"state": seen.state.value, **words}
