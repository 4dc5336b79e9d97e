"""The rows that are exported: the lines of merges, with what is known of the change that brought them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.ledger.attribution import Origin
from app.ledger.merges import Merges
from app.ledger.models import Merge, MergeLine, Override
from app.ledger.overrule import overruled, overruling
from app.ledger.words import Reviewers
from app.provenance.types import Status

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A run of lines that a merge brought.

    ``status`` is whose they are, people's overrides counted; ``declared`` what was declared. ``path`` and the lines
    are ``None`` where the lines of a merge are not known: ``status`` is that of the whole then.
    """

    repository_id: int
    repository: str
    number: int
    merge_sha: str
    head: str
    merged: datetime
    method: str
    path: str | None
    first: int | None
    last: int | None
    status: str
    declared: str
    harness: str | None
    model_family: str | None
    model: str | None
    change_status: str
    gates_passed: bool | None
    reviewers: str
    policy_hash: str | None
    rules: str | None
    gate_versions: Mapping[str, str] | None

    @property
    def lines(self) -> int:
        """The number of lines; 0 where they are not known."""
        return self.last - self.first + 1 if self.first is not None and self.last is not None else 0


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows are wanted; what is empty or ``None`` does not narrow."""

    since: datetime | None = None
    provenance: frozenset[str] = field(default_factory=frozenset)
    gates_passed: bool = False
    reviewers: Reviewers | None = None
    number: int | None = None


class Exports(Merges):
    """The part of the ledger that training pipelines read."""

    def export(self, repository_ids: Sequence[int], filters: Filters | None = None) -> Iterator[Row]:
        """Yield the rows of these repositories in the order of their merging.

        Whoever asks sees to it that the repositories agreed. The rows are read in batches, each in a transaction of
        its own. Raises ``LedgerError``.
        """
        filters = filters or Filters()
        names = {one: self.repository_name(one) or str(one) for one in repository_ids}
        after = 0
        while True:
            with self.reading() as session:
                merges = _merges(session, repository_ids, filters, after)
                rows = [row for merge in merges for row in _rows(session, merge, names[merge.repository_id])]
            if not merges:
                return
            after = merges[-1].id
            yield from (row for row in rows if not filters.provenance or row.status in filters.provenance)


def _merges(session: Session, repository_ids: Sequence[int], filters: Filters, after: int) -> Sequence[Merge]:
    rows = select(Merge).where(Merge.repository_id.in_(repository_ids), Merge.id > after)
    if filters.since is not None:
        rows = rows.where(Merge.recorded >= filters.since)
    if filters.gates_passed:
        rows = rows.where(Merge.gates_passed.is_(True))
    if filters.reviewers is not None:
        rows = rows.where(Merge.reviewers == filters.reviewers.value)
    if filters.number is not None:
        rows = rows.where(Merge.number == filters.number)
    return session.scalars(rows.order_by(Merge.id).limit(_BATCH)).all()


def _rows(session: Session, merge: Merge, name: str) -> Iterator[Row]:
    of_pull = (Override.repository_id == merge.repository_id, Override.number == merge.number)
    said = session.scalars(select(Override).where(*of_pull).order_by(Override.id))
    word = overruling(said, merge.head)
    lines = session.scalars(select(MergeLine).where(MergeLine.merge_id == merge.id).order_by(MergeLine.id)).all()
    for line in lines:
        origin = Origin(Status(line.status), line.harness, line.model_family, line.model)
        yield _row(merge, name, origin, word, (line.path, line.first, line.last))
    if not lines:
        yield _row(merge, name, _whole(merge), word, (None, None, None))


def _whole(merge: Merge) -> Origin:
    """Return the origin of a merge whose lines are not known; several tools are no one's."""
    tools = merge.harnesses if len(merge.harnesses) == 1 else [None]
    families = merge.model_families if len(merge.model_families) == 1 else [None]
    return Origin(Status(merge.status), tools[0], families[0])


def _row(
    merge: Merge, name: str, origin: Origin, word: Status | None, place: tuple[str | None, int | None, int | None]
) -> Row:
    told = overruled(origin, word)
    path, first, last = place
    return Row(
        repository_id=merge.repository_id,
        repository=name,
        number=merge.number,
        merge_sha=merge.merge_sha,
        head=merge.head,
        merged=merge.recorded,
        method=merge.method,
        path=path,
        first=first,
        last=last,
        status=told.status.value,
        declared=origin.status.value,
        harness=told.harness,
        model_family=told.model_family,
        model=told.model,
        change_status=merge.status,
        gates_passed=merge.gates_passed,
        reviewers=merge.reviewers,
        policy_hash=merge.policy_hash,
        rules=merge.rules,
        gate_versions=merge.gate_versions,
    )
