"""One review with all that is told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.dashboard.queries.names import Repository
from app.dashboard.queries.pulls import Called, called, called_then
from app.ledger.models import Merge, Override, PullState, Review
from app.ledger.overrule import overruling
from app.ledger.seen import PullIs, last_seen
from app.ledger.words import PROVENANCE
from app.provenance.types import Status
from app.reporting import read
from app.review_types import Review as Judgement

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

FINDINGS = 25
"""How many findings of a gate are shown; the whole review's JSON has them all."""
_GRAVEST = ("error", "warning", "note")
_MOST = 50


@dataclass(frozen=True, slots=True)
class Brief:
    """A review in a line."""

    id: int
    recorded: datetime
    head: str
    decision: str
    enforced: bool
    status: str
    policy: str


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said: ``kind`` is ``provenance``, ``labeled``, ``unlabeled`` or another word."""

    recorded: datetime
    actor: str
    kind: str
    value: str
    reason: str
    head: str
    delivery: str | None

    @property
    def says(self) -> str:
        """What was said, without who said it and why; it may quote untrusted text."""
        what = {"labeled": "set the label", "unlabeled": "took off the label", PROVENANCE: "says that this change is"}
        return f"{what.get(self.kind, f'said {self.kind}')} {self.value}"


@dataclass(frozen=True, slots=True)
class Told:
    """A review. ``counts`` has the number of each gate's findings; ``judgement`` only the gravest of them.

    ``judgement`` is ``None`` where the document cannot be read, and ``trouble`` says why then. ``status`` is the
    provenance as people left it; ``newest_head`` the last head that a review was asked for, where that is known.
    ``called`` is what the pull request's author calls it now, ``called_then`` what it was called at the review.
    """

    id: int
    recorded: datetime
    repository_id: int
    installation: int | None
    number: int | None
    head: str
    merge_base: str
    policy_hash: str
    judgement: Judgement | None
    trouble: str | None
    counts: Mapping[str, int]
    status: Status
    words: Sequence[Word]
    others: Sequence[Brief]
    newest_head: str | None
    merged: Merge | None
    is_closed: bool
    called: Called
    called_then: Called | None
    delivery: str | None


def newest_id(session: Session, repository: Repository, number: int) -> int | None:
    """Return the newest review of a pull request."""
    ids = Review.repository_id.in_(repository.ids)
    return session.scalar(select(func.max(Review.id)).where(ids, Review.number == number))


def document(session: Session, repository: Repository, review_id: int) -> Mapping[str, Any] | None:
    """Return a review's document, in the form of ``review.schema.json``; ``None`` where there is no such review."""
    row = _row(session, repository, review_id)
    return None if row is None else row.document


def told(session: Session, repository: Repository, review_id: int) -> Told | None:
    """Return a review; ``None`` where this repository has none of this id."""
    row = _row(session, repository, review_id)
    if row is None:
        return None
    words = _words(session, row)
    said = overruling(words, row.head)
    judgement, trouble = _judgement(row.document)
    state = session.get(PullState, (row.repository_id, row.number)) if row.number is not None else None
    seen = last_seen(session, row.repository_id, row.number) if row.number is not None else None
    then = called_then(session, row.id, row.repository_id, row.number) if row.number is not None else None
    return Told(
        id=row.id,
        recorded=row.recorded,
        repository_id=row.repository_id,
        installation=row.installation,
        number=row.number,
        head=row.head,
        merge_base=row.merge_base,
        policy_hash=row.policy_hash,
        judgement=judgement,
        trouble=trouble,
        counts={verdict["gate"]: len(verdict["findings"]) for verdict in row.document["verdicts"]},
        status=said or Status(row.status),
        words=words,
        others=_others(session, row),
        newest_head=state.head if state else None,
        merged=_merge(session, row),
        is_closed=seen is not None and seen.state != PullIs.OPEN,
        called=called(seen) if seen is not None else Called(),
        called_then=then,
        delivery=row.delivery,
    )


def _row(session: Session, repository: Repository, review_id: int) -> Review | None:
    row = session.get(Review, review_id)
    return row if row is not None and row.repository_id in repository.ids else None


def _words(session: Session, row: Review) -> list[Word]:
    if row.number is None:
        return []
    of_pull = (Override.repository_id == row.repository_id, Override.number == row.number)
    names = [getattr(Override, name) for name in Word.__dataclass_fields__]
    return [Word(*found) for found in session.execute(select(*names).where(*of_pull).order_by(Override.id))]


def _others(session: Session, row: Review) -> list[Brief]:
    if row.number is None:
        return []
    columns = (
        Review.id,
        Review.recorded,
        Review.head,
        Review.would_decide,
        Review.enforced,
        Review.status,
        Review.policy,
    )
    rows = select(*columns).where(Review.repository_id == row.repository_id, Review.number == row.number)
    return [Brief(*found) for found in session.execute(rows.order_by(Review.id.desc()).limit(_MOST))]


def _merge(session: Session, row: Review) -> Merge | None:
    if row.number is None:
        return None
    rows = select(Merge).where(Merge.repository_id == row.repository_id, Merge.number == row.number)
    return session.scalar(rows.order_by(Merge.id.desc()).limit(1))


def _judgement(told: Mapping[str, Any]) -> tuple[Judgement | None, str | None]:
    try:
        return read.read(json.dumps(_shortened(told)).encode()), None
    except (read.ReadError, KeyError, TypeError) as error:
        return None, str(error) if isinstance(error, read.ReadError) else "The review lacks a part that every one has."


def _shortened(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with each gate's gravest findings: a page does not show thousands."""
    return {
        **told,
        "verdicts": [
            {
                **verdict,
                "findings": sorted(verdict["findings"], key=lambda f: _GRAVEST.index(f["severity"]))[:FINDINGS],
            }
            for verdict in told["verdicts"]
        ],
    }
