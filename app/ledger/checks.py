"""Check runs on their way, so that a crash leaves none open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from app.ledger.insert import insert
from app.ledger.models import CheckState
from app.ledger.store import Store
from app.ledger.words import CheckStep


class Checks(Store):
    """The part of the ledger that the reaper reads. Its rows are state, not history."""

    def check(
        self,
        repository_id: int,
        head: str,
        external_id: str,
        check_run_id: int | None,
        state: str,
        *,
        installation: int | None = None,
        repository: str | None = None,
    ) -> None:
        """Note how far a check run is (*state*: ``CheckStep``'s words). What is not given stays as it was known.

        Raises ``ValueError`` for another word.
        """
        row = {
            "external_id": external_id,
            "repository_id": repository_id,
            "head": head,
            "installation": installation,
            "repository": repository,
            "check_run_id": check_run_id,
            "state": CheckStep(state).value,
            "changed": self.now(),
        }
        with self.writing() as session:
            statement = insert(session, CheckState).values(**row)
            given = statement.excluded
            kept = {
                name: func.coalesce(given[name], getattr(CheckState, name))
                for name in ("installation", "repository", "check_run_id")
            }
            session.connection().execute(
                statement.on_conflict_do_update(
                    index_elements=["external_id"], set_={"state": given.state, "changed": given.changed, **kept}
                )
            )

    def find_check(self, external_id: str) -> CheckState | None:
        """Return what is known of a check run, ``None`` where nothing is."""
        with self.reading() as session:
            return session.get(CheckState, external_id)

    def open_checks(self, older_than: datetime) -> Sequence[CheckState]:
        """Return the check runs that were not completed and have not moved since *older_than*, oldest first."""
        rows = select(CheckState).where(CheckState.state != CheckStep.COMPLETED.value, CheckState.changed < older_than)
        with self.reading() as session:
            return session.scalars(rows.order_by(CheckState.changed)).all()
