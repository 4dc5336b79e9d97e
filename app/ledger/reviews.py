"""What was judged: reviews with their verdicts and signals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.ledger.insert import add_once
from app.ledger.models import PolicyText, Review, Signal, Verdict
from app.ledger.names import seen_as
from app.ledger.seen import Seen, Sightings, add_seen

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Reviews(Sightings):
    """The part of the ledger that reviews are written to and found in."""

    def review(
        self,
        document: Mapping[str, Any],
        *,
        repository_id: int,
        repository: str,
        number: int | None,
        installation: int | None = None,
        delivery: str | None = None,
        seen: Seen | None = None,
        policy_text: Mapping[str, Any] | None = None,
    ) -> int:
        """Add a review with its verdicts and signals, all or nothing. Return its id.

        *document* is the review in the form of ``review.schema.json`` (``reporting.json_.as_dict``); *number* is
        ``None`` for a merge group. *seen* is the pull request as it was reviewed, *policy_text* the whole policy that
        judged (``gates.policy.Policy`` as JSON), which is kept once.
        """
        with self.writing() as session:
            now = self.now()
            seen_as(session, repository_id, repository, now)
            policy, provenance = document["policy"], document["provenance"]
            judged = {
                "recorded": now,
                "rules": provenance["rules"],
                "policy_hash": policy["hash"],
                "gate_versions": dict(document["tool"]["gate_versions"]),
            }
            row = Review(
                installation=installation,
                repository_id=repository_id,
                number=number,
                base=document["base"]["commit"],
                head=document["head"]["commit"],
                merge_base=document["merge_base"],
                decision=document["decision"],
                would_decide=document["would_decide"],
                enforced=document["enforced"],
                policy=policy["name"],
                policy_source=policy["source"],
                status=provenance["status"],
                tool_version=document["tool"]["version"],
                document=dict(document),
                delivery=delivery,
                **judged,
            )
            session.add(row)
            session.flush()
            of_it = {"review_id": row.id, "repository_id": repository_id, "number": number, "head": row.head, **judged}
            session.add_all(_verdicts(document, of_it))
            session.add_all(_signals(provenance, of_it))
            if seen is not None and number is not None:
                add_seen(session, repository_id, number, seen, now, review_id=row.id, delivery=delivery)
            if policy_text is not None:
                kept = {"hash": policy["hash"], "text": dict(policy_text), "recorded": now}
                add_once(session, PolicyText, ["hash"], kept)
            return row.id

    def latest_review(self, repository_id: int, number: int | None, head: str) -> Review | None:
        """Return the last review of a head, ``None`` where there is none."""
        with self.reading() as session:
            return latest(session, repository_id, number, head)

    def reviews(
        self, repository_id: int, number: int | None = None, *, since: datetime | None = None, limit: int | None = None
    ) -> Sequence[Review]:
        """Return the reviews of a repository (of one pull request where *number* is given), newest first."""
        rows = select(Review).where(Review.repository_id == repository_id)
        if number is not None:
            rows = rows.where(Review.number == number)
        if since is not None:
            rows = rows.where(Review.recorded >= since)
        with self.reading() as session:
            return session.scalars(rows.order_by(Review.id.desc()).limit(limit)).all()

    def policy_text(self, policy_hash: str) -> dict[str, Any] | None:
        """Return a policy that judged, as ``gates.policy.Policy`` in JSON; ``None`` where it was not kept."""
        with self.reading() as session:
            return session.scalar(select(PolicyText.text).where(PolicyText.hash == policy_hash))

    def verdicts(self, review_id: int) -> Sequence[Verdict]:
        """Return the verdicts of a review, in the policy's order."""
        with self.reading() as session:
            return session.scalars(select(Verdict).where(Verdict.review_id == review_id).order_by(Verdict.id)).all()

    def signals(self, review_id: int) -> Sequence[Signal]:
        """Return the signals of a review, those that did not count at the end."""
        with self.reading() as session:
            return session.scalars(select(Signal).where(Signal.review_id == review_id).order_by(Signal.id)).all()


def latest(session: Session, repository_id: int, number: int | None, head: str) -> Review | None:
    """Return the last review of a head within a transaction."""
    rows = select(Review).where(Review.repository_id == repository_id, Review.number == number, Review.head == head)
    return session.scalar(rows.order_by(Review.id.desc()).limit(1))


def stamp_of(review: Review | None) -> dict[str, Any]:
    """Return the columns that say what judged, taken from *review*."""
    if review is None:
        return {}
    return {
        "review_id": review.id,
        "rules": review.rules,
        "policy_hash": review.policy_hash,
        "gate_versions": review.gate_versions,
    }


def _verdicts(document: Mapping[str, Any], of_review: dict[str, Any]) -> Iterator[Verdict]:
    versions = document["tool"]["gate_versions"]
    for verdict in document["verdicts"]:
        yield Verdict(
            **of_review,
            gate=verdict["gate"],
            gate_version=versions.get(verdict["gate"]),
            outcome=verdict["outcome"],
            blocking=verdict["blocking"],
            score=verdict["score"],
            reason=verdict["reason"],
            findings=len(verdict["findings"]),
        )


_OF_SIGNAL = ("harness", "model_family", "model", "tier", "role", "field", "evidence", "commit")


def _signals(provenance: Mapping[str, Any], of_review: dict[str, Any]) -> Iterator[Signal]:
    for signal in provenance["signals"]:
        yield Signal(**of_review, signal=signal["id"], ignored=None, **{name: signal[name] for name in _OF_SIGNAL})
    for seen in provenance["ignored"]:
        places = {name: seen[name] for name in ("field", "evidence", "commit")}
        yield Signal(**of_review, signal=seen["id"], ignored=seen["reason"], **places)
