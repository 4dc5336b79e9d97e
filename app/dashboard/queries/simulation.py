"""The last reviewed pull requests of a repository, as a simulation needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.dashboard.queries.names import Repository
from app.dashboard.queries.pulls import last_seen_id
from app.ledger.models import PullSeen, Review, Verdict
from app.simulate import Kept, Reviewed
from gates.decision import Decision
from gates.verdict import Outcome

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LAST = 100


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request by its newest review; ``title`` is empty where it is not known."""

    review_id: int
    repository_id: int
    installation: int | None
    number: int
    head: str
    recorded: datetime
    title: str
    reviewed: Reviewed


def last_pulls(session: Session, repository: Repository, most: int = LAST) -> Sequence[Pull]:
    """Return the pull requests that were reviewed last, newest first, each by its newest review."""
    newest = (
        select(func.max(Review.id).label("id"))
        .where(Review.repository_id.in_(repository.ids), Review.number.is_not(None))
        .group_by(Review.repository_id, Review.number)
        .subquery()
    )
    ids = session.scalars(select(newest.c.id).order_by(newest.c.id.desc()).limit(most)).all()
    kept: dict[int, list[Kept]] = {}
    verdicts = (
        select(Verdict.review_id, Verdict.gate, Verdict.outcome, Verdict.reason, Verdict.gate_version)
        .where(Verdict.review_id.in_(ids))
        .order_by(Verdict.id)
    )
    for review_id, gate, outcome, reason, version in session.execute(verdicts):
        kept.setdefault(review_id, []).append(Kept(gate, Outcome(outcome), reason, version))
    rows = select(
        Review.id,
        Review.repository_id,
        Review.installation,
        Review.number,
        Review.head,
        Review.recorded,
        Review.policy_hash,
        Review.would_decide,
        Review.status,
        func.coalesce(PullSeen.title, "").label("title"),
    )
    rows = rows.outerjoin(PullSeen, PullSeen.id == last_seen_id()).where(Review.id.in_(ids))
    return [
        Pull(
            *row[:3],
            number=row.number or 0,
            head=row.head,
            recorded=row.recorded,
            title=row.title,
            reviewed=Reviewed(row.policy_hash, Decision(row.would_decide), row.status, kept.get(row.id, [])),
        )
        for row in session.execute(rows.order_by(Review.id.desc()))
    ]
