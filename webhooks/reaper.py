"""No check run stays in progress: one that nobody is at work on any more is closed, with the reason."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from app.github.errors import GitHubError, MissingError
from webhooks.queue import JobQueue

_LOG = logging.getLogger("exogate.reaper")
# A review that moves says so in the ledger more often than that.
IDLE = timedelta(minutes=10)
REASON = (
    "Exogate was stopped while it reviewed this commit, and nothing goes on with it. Press Re-run, or comment "
    "/exogate rerun on the pull request."
)


@dataclass(frozen=True)
class OpenCheck:
    """A check run that was not completed, and the lane of its pull request (or, for a merge group, of its commit)."""

    external_id: str
    check_run_id: int | None
    installation: int
    repository_id: int
    repository: str
    head: str


class OpenChecks(Protocol):
    """The check runs that we know of."""

    def older_than(self, when: datetime) -> Sequence[OpenCheck]:
        """Return those that have not moved since. Raises ``RecordError``."""

    def close(self, check: OpenCheck, reason: str) -> None:
        """Complete it on GitHub and note that. Raises ``GitHubError`` or ``RecordError``."""

    def forget(self, check: OpenCheck) -> None:
        """Note that it is none any more. Raises ``RecordError``."""


@dataclass(frozen=True)
class Reaper:
    """Closes what was left open."""

    checks: OpenChecks
    queue: JobQueue
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def look(self) -> int:
        """Close what nobody is at work on; return how many. One that GitHub does not let us close is tried again."""
        closed = 0
        busy: set[tuple[int, str]] | None = None
        for check in self.checks.older_than(self.now() - IDLE):
            busy = self.queue.busy_heads() if busy is None else busy
            if (check.repository_id, check.head) in busy:
                continue
            try:
                self.checks.close(check, REASON)
            except MissingError:
                self.checks.forget(check)  # the repository, the installation or the check run is gone
            except GitHubError as error:
                _LOG.warning("check run %s of %s stays open: %s", check.check_run_id, check.repository, error)
                continue
            _LOG.info("check run %s of %s was left open and is closed", check.check_run_id, check.repository)
            closed += 1
        return closed
