"""The policies that judged: by hash, as the ledger knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.dashboard.queries.names import names_of
from app.dashboard.queries.scope import Readable, within
from app.ledger.models import Review

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Used:
    """A policy that judged: the names that it went by, and the reviews that it made."""

    hash: str
    names: tuple[str, ...]
    reviews: int
    accepted: int
    last: datetime


@dataclass(frozen=True, slots=True)
class UsedBy:
    """A repository that a policy judged."""

    repository: str
    reviews: int
    last: datetime


def used(session: Session, readable: Readable, policy_hash: str | None = None) -> list[Used]:
    """Return the policies that judged, the one used last first; one alone where *policy_hash* is given."""
    accepted = func.count().filter(Review.would_decide == "accept")
    rows = (
        select(Review.policy_hash, Review.policy, func.count(), accepted, func.max(Review.recorded))
        .where(within(Review.repository_id, readable))
        .group_by(Review.policy_hash, Review.policy)
    )
    if policy_hash is not None:
        rows = rows.where(Review.policy_hash == policy_hash)
    found: dict[str, Used] = {}
    for hash_, name, reviews, good, last in session.execute(rows):
        so_far = found.get(hash_, Used(hash_, (), 0, 0, last))
        names = tuple(sorted({*so_far.names, name}))
        found[hash_] = Used(hash_, names, so_far.reviews + reviews, so_far.accepted + good, max(so_far.last, last))
    return sorted(found.values(), key=lambda one: one.last, reverse=True)


def used_by(session: Session, readable: Readable, policy_hash: str) -> Sequence[UsedBy]:
    """Return the repositories that a policy judged, the last one first."""
    rows = (
        select(Review.repository_id, func.count(), func.max(Review.recorded))
        .where(within(Review.repository_id, readable), Review.policy_hash == policy_hash)
        .group_by(Review.repository_id)
        .order_by(func.max(Review.recorded).desc())
        .limit(50)
    )
    found = session.execute(rows).all()
    names = names_of(session, (one for one, _, _ in found))
    return [UsedBy(names[one], reviews, last) for one, reviews, last in found]
