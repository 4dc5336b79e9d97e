"""What stands about a pull request: its newest head, and what people said against what was declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, not_, or_, select

from app.ledger.errors import LedgerError
from app.ledger.insert import insert
from app.ledger.models import Override, PullState
from app.ledger.reviews import Reviews, latest, stamp_of
from app.ledger.words import override_status


@dataclass(frozen=True, slots=True)
class Generation:
    """The newest head that was asked for, and how many heads there were up to it."""

    number: int
    head: str


class Pulls(Reviews):
    """The part of the ledger that keeps newer from older, and people's word from ours."""

    def ask(
        self, repository_id: int, number: int, head: str, updated: datetime, before: str | None = None
    ) -> Generation:
        """Note that a review of *head* was asked for. Return the newest head, which is another one for a late event.

        *updated* is the pull request's own time of change, in whole seconds as GitHub gives it; *before* the head
        that a push replaced, which orders two pushes of one second. Otherwise what came later counts.
        """
        row = {"repository_id": repository_id, "number": number, "head": head, "before": before, "updated": updated}
        with self.writing() as session:
            statement = insert(session, PullState).values(generation=1, **row)
            given, stored = statement.excluded, PullState
            moved = stored.head != given.head
            late = or_(
                given.updated < stored.updated,
                # The stored push came from the given head, so the given one is the older of the two.
                and_(given.updated == stored.updated, stored.before.is_not_distinct_from(given.head)),
            )
            statement = statement.on_conflict_do_update(
                index_elements=["repository_id", "number"],
                set_={
                    "generation": case((moved, stored.generation + 1), else_=stored.generation),
                    "before": case((moved, given.before), else_=stored.before),
                    "head": given.head,
                    "updated": given.updated,
                },
                where=not_(late),
            )
            session.connection().execute(statement)
            found = session.get(PullState, (repository_id, number))
            if found is None:
                raise LedgerError(f"{self.place} lost the row of a pull request that was just written.")
            return Generation(found.generation, found.head)

    def generation(self, repository_id: int, number: int) -> Generation | None:
        """Return the newest head that was asked for, ``None`` where none was."""
        with self.reading() as session:
            found = session.get(PullState, (repository_id, number))
            return Generation(found.generation, found.head) if found else None

    def override(
        self,
        *,
        repository_id: int,
        number: int,
        head: str,
        actor: str,
        kind: str,
        value: str,
        reason: str = "",
        delivery: str | None = None,
    ) -> int:
        """Add a person's word. Return the row's id.

        *kind* ``provenance`` says whose the change is (*value*: ``ai``, ``human`` or a status); other kinds, such
        as a label that was set or removed, are kept as told. Raises ``ValueError`` for a provenance that is none.
        """
        override_status(kind, value)
        with self.writing() as session:
            row = Override(
                repository_id=repository_id,
                number=number,
                head=head,
                actor=actor,
                kind=kind,
                value=value,
                reason=reason,
                delivery=delivery,
                recorded=self.now(),
                **stamp_of(latest(session, repository_id, number, head)),
            )
            session.add(row)
            session.flush()
            return row.id

    def overrides(self, repository_id: int, number: int) -> Sequence[Override]:
        """Return what people said about a pull request, oldest first."""
        rows = select(Override).where(Override.repository_id == repository_id, Override.number == number)
        with self.reading() as session:
            return session.scalars(rows.order_by(Override.id)).all()
