"""The check runs that the ledger knows of, closed on GitHub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.github.app_auth import Installations
from app.github.checks import CheckRuns
from app.github.errors import MissingError, RefusedError
from app.ledger.checks import Checks
from app.ledger.words import CheckStep
from webhooks.ledger import sentences
from webhooks.reaper import OpenCheck


@dataclass(frozen=True)
class LedgerChecks:
    """A ``webhooks.reaper.OpenChecks``."""

    ledger: Checks
    installations: Installations
    app: int

    def older_than(self, when: datetime) -> Sequence[OpenCheck]:
        """Return those that have not moved since."""
        with sentences():
            return [
                OpenCheck(
                    state.external_id,
                    state.check_run_id,
                    state.installation,
                    state.repository_id,
                    state.repository,
                    state.head,
                )
                for state in self.ledger.open_checks(when)
                if state.installation is not None and state.repository is not None
            ]

    def close(self, check: OpenCheck, reason: str) -> None:
        """Complete it on GitHub and note that."""
        where = self.installations.place(check.installation, check.repository, check.repository_id)
        runs = CheckRuns(self.installations.api(*where), where[1], self.app)
        number = check.check_run_id
        if number is None:
            # Its worker died between asking for it and noting GitHub's answer.
            try:
                found = runs.find(check.head, check.external_id)
            except RefusedError:
                found = None  # GitHub does not have the commit (any more)
            if found is None:
                raise MissingError("The check run was never made.")
            number = found.id
        runs.close(number, reason)
        self.forget(check)

    def forget(self, check: OpenCheck) -> None:
        """Note that it is none any more."""
        with sentences():
            self.ledger.check(
                check.repository_id, check.head, check.external_id, check.check_run_id, CheckStep.COMPLETED.value
            )
