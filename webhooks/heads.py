"""Which head of a pull request is the newest that was asked for; decided here, kept in Redis by ``queue``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from webhooks.jobs import ReviewHead

# Stands for the head of a merge group that is there no more.
GONE = "gone"


@dataclass(frozen=True)
class Newest:
    """The newest head of a pull request, and the job that reviews it.

    ``updated`` is the pull request's ``updated_at`` when the head was heard of; ``generation`` counts the reviews
    that were asked for.
    """

    head: str
    updated: int
    job: str
    generation: int


class Claim(Enum):
    """What a wish to review a head is, seen from what is known."""

    NEW = "new"
    SAME = "the same head is reviewed already"
    STALE = "a newer head was asked for"
    GONE = "its merge group is gone"


def claim(known: Newest | None, wish: ReviewHead, job: str) -> Claim:
    """Return what *wish*, made by *job*, is.

    Deliveries come in any order. ``updated_at`` says which is newer, and where it is the same the one that came
    later is. A wish that does not know it (a check run's, a check suite's) never makes an unknown head the newest:
    the push itself is also heard of.
    """
    if wish.is_group:
        return Claim.GONE if known is not None and known.head == GONE else Claim.NEW
    if known is None or known.job == job:
        return Claim.NEW
    if wish.head == known.head:
        return Claim.NEW if wish.again and (not wish.updated or wish.updated >= known.updated) else Claim.SAME
    return Claim.NEW if wish.updated and wish.updated >= known.updated else Claim.STALE


def after(known: Newest | None, wish: ReviewHead, job: str, found: Claim) -> Newest | None:
    """Return what is known after *wish*, of which ``claim`` said *found*."""
    if wish.is_group:
        return known  # its one head is not kept, only that it is gone
    if found is Claim.NEW:
        updated, generation = (known.updated, known.generation) if known is not None else (0, 0)
        return Newest(wish.head, max(updated, wish.updated), job, generation + 1)
    if found is Claim.SAME and known is not None:
        # Also who comes second may be the first to know the time.
        return replace(known, updated=max(known.updated, wish.updated))
    return known
