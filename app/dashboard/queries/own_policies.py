"""The policies that judged, with all that is in them: those that a repository wrote itself, too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.dashboard.queries.names import Repository
from app.ledger.models import PolicyText, Review
from app.policy_kept import read_kept
from gates.policy import Policy

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_MOST = 20


@dataclass(frozen=True, slots=True)
class Own:
    """A policy that judged a repository: ``last`` is when, and ``name`` what it was called then."""

    hash: str
    name: str
    last: datetime
    policy: Policy


def kept(session: Session, hashes: Iterable[str]) -> dict[str, Policy]:
    """Return those policies of these hashes that are known whole."""
    rows = select(PolicyText.hash, PolicyText.text).where(PolicyText.hash.in_(sorted(set(hashes))))
    found = {hash_: read_kept(hash_, text) for hash_, text in session.execute(rows)}
    return {hash_: policy for hash_, policy in found.items() if policy is not None}


def own(session: Session, repository: Repository) -> list[Own]:
    """Return the policies that judged a repository and are known whole, the one that judged last first."""
    newest = (
        select(func.max(Review.id).label("id"))
        .where(Review.repository_id.in_(repository.ids))
        .group_by(Review.policy_hash)
        .order_by(func.max(Review.id).desc())
        .limit(_MOST)
        .subquery()
    )
    rows = session.execute(
        select(Review.policy_hash, Review.policy, Review.recorded)
        .where(Review.id.in_(select(newest.c.id)))
        .order_by(Review.id.desc())
    ).all()
    policies = kept(session, (row.policy_hash for row in rows))
    return [Own(row[0], row[1], row[2], policies[row[0]]) for row in rows if row[0] in policies]
