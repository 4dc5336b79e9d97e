"""What went in: merges, with the lines that each brought and whose they are declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select

from app.ledger.attribution import LineRow
from app.ledger.contents import FileRow
from app.ledger.insert import add_once
from app.ledger.models import Merge, MergeFile, MergeLine, Review
from app.ledger.names import seen_as
from app.ledger.pulls import Pulls
from app.ledger.reviews import latest, stamp_of
from app.ledger.words import Method, Reviewers
from app.provenance.types import Provenance, Status


class Merges(Pulls):
    """The part of the ledger that a training pipeline's filter rests on."""

    def merge(
        self,
        *,
        repository_id: int,
        repository: str,
        number: int,
        head: str,
        merge_sha: str,
        method: str,
        reviewers: str,
        lines: Iterable[LineRow] = (),
        files: Iterable[FileRow] = (),
        provenance: Provenance | None = None,
        delivery: str | None = None,
    ) -> int:
        """Add a merge with its lines and files, all or nothing, once for each merge commit. Return its id.

        *head* is the pull request's head that went in: what the last review said of it goes with the merge.
        *provenance* is what was read at the merge, where it was read; else the review's counts. Raises
        ``ValueError`` where *method* or *reviewers* is none of the words for it.
        """
        with self.writing() as session:
            now = self.now()
            seen_as(session, repository_id, repository, now)
            review = latest(session, repository_id, number, head)
            status, harnesses, families = _declared(provenance, review)
            key = {"repository_id": repository_id, "number": number, "merge_sha": merge_sha}
            row = {
                **key,
                "recorded": now,
                "head": head,
                "method": Method(method).value,
                "status": status,
                "harnesses": harnesses,
                "model_families": families,
                "gates_passed": _passed(review),
                "reviewers": Reviewers(reviewers).value,
                "delivery": delivery,
                **stamp_of(review),
            }
            added = add_once(session, Merge, list(key), row)
            if added is None:
                return session.scalars(select(Merge.id).filter_by(**key)).one()
            session.add_all(_rows(added, lines, now))
            session.add_all(_files(added, files, now))
            return added

    def merges(self, repository_id: int, number: int | None = None) -> Sequence[Merge]:
        """Return the merges of a repository (of one pull request where *number* is given), newest first."""
        rows = select(Merge).where(Merge.repository_id == repository_id)
        if number is not None:
            rows = rows.where(Merge.number == number)
        with self.reading() as session:
            return session.scalars(rows.order_by(Merge.id.desc())).all()

    def merge_lines(self, merge_id: int) -> Sequence[MergeLine]:
        """Return the lines of a merge, in the order in which they were told."""
        rows = select(MergeLine).where(MergeLine.merge_id == merge_id).order_by(MergeLine.id)
        with self.reading() as session:
            return session.scalars(rows).all()


def _declared(provenance: Provenance | None, review: Review | None) -> tuple[str, list[str], list[str]]:
    if provenance is not None:
        return provenance.status.value, list(provenance.harnesses), list(provenance.model_families)
    if review is not None:
        told = review.document["provenance"]
        return review.status, list(told["harnesses"]), list(told["model_families"])
    return Status.UNDECLARED.value, [], []


def _passed(review: Review | None) -> bool | None:
    """Whether every gate that blocks accepted; ``None`` where none ran, or one could not judge."""
    if review is None or review.would_decide == "error" or not review.document["verdicts"]:
        return None
    return review.would_decide == "accept"


def _rows(merge_id: int, lines: Iterable[LineRow], now: datetime) -> Iterator[MergeLine]:
    for line in lines:
        yield MergeLine(
            merge_id=merge_id,
            recorded=now,
            path=line.path,
            first=line.first,
            last=line.last,
            status=line.origin.status.value,
            harness=line.origin.harness,
            model_family=line.origin.model_family,
            model=line.origin.model,
        )


def _files(merge_id: int, files: Iterable[FileRow], now: datetime) -> Iterator[MergeFile]:
    for file in files:
        yield MergeFile(
            merge_id=merge_id,
            recorded=now,
            path=file.path,
            blob=file.blob,
            lines=file.lines,
            before=file.before,
            kept=[list(run) for run in file.kept],
        )
