"""The rows that are exported: the lines of merges, with what is known of the change that brought them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from app.ledger.attribution import Origin
from app.ledger.contents import FileRow
from app.ledger.merges import Merges
from app.ledger.models import Merge, MergeFile, MergeLine, Override, Verdict
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
    are ``None`` where the lines of a merge are not known: ``status`` is that of the whole then. ``verdicts`` are the
    outcomes by gate of the review that judged the merged head, ``None`` where none did. ``blob`` is git's id of the
    content that the lines stand in, which has ``blob_lines`` lines; ``None`` where that was not kept.
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
    verdicts: Mapping[str, str] | None = None
    blob: str | None = None
    blob_lines: int | None = None

    @property
    def lines(self) -> int:
        """The number of lines; 0 where they are not known."""
        return self.last - self.first + 1 if self.first is not None and self.last is not None else 0


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows are wanted; what is empty or ``None`` does not narrow.

    Merged at ``since`` or later, and before ``until``.
    """

    since: datetime | None = None
    provenance: frozenset[str] = field(default_factory=frozenset)
    gates_passed: bool = False
    reviewers: Reviewers | None = None
    number: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge with its rows, one at least, and the contents that it left files with."""

    repository_id: int
    rows: Sequence[Row]
    files: Sequence[FileRow]


class Exports(Merges):
    """The part of the ledger that training pipelines read."""

    def export(self, repository_ids: Sequence[int], filters: Filters | None = None) -> Iterator[Row]:
        """Yield the rows of these repositories in the order of their merging.

        Whoever asks sees to it that the repositories agreed. The rows are read in batches, each in a transaction of
        its own. Raises ``LedgerError``.
        """
        filters = filters or Filters()
        for merged in self.merged(repository_ids, filters):
            yield from (row for row in merged.rows if not filters.provenance or row.status in filters.provenance)

    def merged(self, repository_ids: Sequence[int], filters: Filters | None = None) -> Iterator[Merged]:
        """Yield the merges of these repositories in their order, as ``export`` does; with the lines of every status."""
        filters = filters or Filters()
        names = {one: self.repository_name(one) or str(one) for one in repository_ids}
        after = 0
        while True:
            with self.reading() as session:
                merges = _merges(session, repository_ids, filters, after)
                found = list(_merged(session, merges, names))
            if not merges:
                return
            after = merges[-1].id
            yield from found


def _merges(session: Session, repository_ids: Sequence[int], filters: Filters, after: int) -> Sequence[Merge]:
    rows = select(Merge).where(Merge.repository_id.in_(repository_ids), Merge.id > after)
    if filters.since is not None:
        rows = rows.where(Merge.recorded >= filters.since)
    if filters.until is not None:
        rows = rows.where(Merge.recorded < filters.until)
    if filters.gates_passed:
        rows = rows.where(Merge.gates_passed.is_(True))
    if filters.reviewers is not None:
        rows = rows.where(Merge.reviewers == filters.reviewers.value)
    if filters.number is not None:
        rows = rows.where(Merge.number == filters.number)
    return session.scalars(rows.order_by(Merge.id).limit(_BATCH)).all()


def _merged(session: Session, merges: Sequence[Merge], names: Mapping[int, str]) -> Iterator[Merged]:
    """Yield some merges; each table is asked once for all of them."""
    said = _overrides(session, merges)
    verdicts = _verdicts(session, merges)
    lines, files = _lines(session, merges), _files(session, merges)
    for merge in merges:
        contents = files.get(merge.id, {})
        word = overruling(said.get((merge.repository_id, merge.number), ()), merge.head)
        known = (names[merge.repository_id], word, verdicts.get(merge.review_id))
        rows = [
            _row(merge, known, line, contents.get(line.path or "")) for line in lines.get(merge.id, [_whole(merge)])
        ]
        yield Merged(merge.repository_id, rows, list(contents.values()))


class _Line(NamedTuple):
    path: str | None
    first: int | None
    last: int | None
    origin: Origin


def _lines(session: Session, merges: Sequence[Merge]) -> dict[int, list[_Line]]:
    # Columns, not objects: there are many of them, and each is read once.
    place = (MergeLine.merge_id, MergeLine.path, MergeLine.first, MergeLine.last)
    whose = (MergeLine.status, MergeLine.harness, MergeLine.model_family, MergeLine.model)
    rows = select(*place, *whose).where(MergeLine.merge_id.in_([merge.id for merge in merges])).order_by(MergeLine.id)
    found: dict[int, list[_Line]] = {}
    for merge_id, path, first, last, status, *tool in session.execute(rows):
        found.setdefault(merge_id, []).append(_Line(path, first, last, Origin(Status(status), *tool)))
    return found


def _files(session: Session, merges: Sequence[Merge]) -> dict[int, dict[str, FileRow]]:
    """Return each merge's contents by path."""
    content = (MergeFile.path, MergeFile.blob, MergeFile.lines, MergeFile.before, MergeFile.kept)
    of_merges = MergeFile.merge_id.in_([merge.id for merge in merges])
    rows = select(MergeFile.merge_id, *content).where(of_merges).order_by(MergeFile.id)
    found: dict[int, dict[str, FileRow]] = {}
    for merge_id, path, blob, lines, before, kept in session.execute(rows):
        runs = [(first, last, shift) for first, last, shift in kept]
        found.setdefault(merge_id, {})[path] = FileRow(path, blob, lines, before, runs)
    return found


def _overrides(session: Session, merges: Sequence[Merge]) -> dict[tuple[int, int], list[Override]]:
    of_pulls = (
        Override.repository_id.in_({merge.repository_id for merge in merges}),
        Override.number.in_({merge.number for merge in merges}),
    )
    found: dict[tuple[int, int], list[Override]] = {}
    for row in session.scalars(select(Override).where(*of_pulls).order_by(Override.id)):
        found.setdefault((row.repository_id, row.number), []).append(row)
    return found


def _verdicts(session: Session, merges: Sequence[Merge]) -> dict[int | None, dict[str, str]]:
    """Return each review's outcomes by gate; a review that ran none has an empty one."""
    found: dict[int | None, dict[str, str]] = {m.review_id: {} for m in merges if m.review_id is not None}
    columns = select(Verdict.review_id, Verdict.gate, Verdict.outcome)
    for review_id, gate, outcome in session.execute(columns.where(Verdict.review_id.in_(found)).order_by(Verdict.id)):
        found[review_id][gate] = outcome
    return found


def _whole(merge: Merge) -> _Line:
    """Return what stands for a merge whose lines are not known; several tools are no one's."""
    tools = merge.harnesses if len(merge.harnesses) == 1 else [None]
    families = merge.model_families if len(merge.model_families) == 1 else [None]
    return _Line(None, None, None, Origin(Status(merge.status), tools[0], families[0]))


def _row(
    merge: Merge, known: tuple[str, Status | None, Mapping[str, str] | None], line: _Line, file: FileRow | None
) -> Row:
    name, word, verdicts = known
    told = overruled(line.origin, word)
    return Row(
        repository_id=merge.repository_id,
        repository=name,
        number=merge.number,
        merge_sha=merge.merge_sha,
        head=merge.head,
        merged=merge.recorded,
        method=merge.method,
        path=line.path,
        first=line.first,
        last=line.last,
        status=told.status.value,
        declared=line.origin.status.value,
        harness=told.harness,
        model_family=told.model_family,
        model=told.model,
        change_status=merge.status,
        gates_passed=merge.gates_passed,
        reviewers=merge.reviewers,
        policy_hash=merge.policy_hash,
        rules=merge.rules,
        gate_versions=merge.gate_versions,
        verdicts=verdicts,
        blob=file.blob if file else None,
        blob_lines=file.lines if file else None,
    )
