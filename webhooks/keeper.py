"""The keeper: writes deliveries into the ledger, and looks, now and then, after what was missed or left open.

Every `exogate worker` has one; of all on one Redis one looks at a time.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from uuid import uuid4

from redis.exceptions import RedisError

from app.github.app_auth import Installations
from app.github.errors import GitHubError
from app.settings import Settings, SettingsError
from webhooks.checks import LedgerChecks
from webhooks.deliveries import Deliveries, RecordError
from webhooks.hooks import GitHubHooks
from webhooks.intake import AwayError, Intake
from webhooks.ledger import open_ledger
from webhooks.outbox import Outbox
from webhooks.process import SET_UP_LOOK, log_to_stderr
from webhooks.queue import JobQueue
from webhooks.reaper import Reaper
from webhooks.recovery import Recovery
from webhooks.redis_connection import QueueError, connect

INTERVAL = 120
# Seconds between two looks into the outbox. What comes in between is one transaction.
DRAINS = 1.0
# A look that takes longer than that is taken for dead, and another keeper looks.
_LEASE = 900
_LOG = logging.getLogger("exogate.keeper")
_PASSING = (GitHubError, RecordError, AwayError, RedisError)
# Released by its owner alone; it may have run out and be another's.
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(frozen=True)
class Keeper:
    """Looks; each of ``looks`` returns how much it found."""

    queue: JobQueue
    looks: Sequence[tuple[str, Callable[[], int]]]

    def look(self) -> bool:
        """Look once, where no other keeper does; whether every look came to its end."""
        key, own = f"{self.queue.name}:keeper", uuid4().hex
        try:
            if not self.queue.redis.set(key, own, nx=True, ex=_LEASE):
                return True
            try:
                ended = [self._one(name, look) for name, look in self.looks]
                return all(ended)
            finally:
                self.queue.redis.eval(_RELEASE, 1, key, own)
        except RedisError as error:
            _LOG.warning("Redis does not answer (%s); looked at nothing", type(error).__name__)
            return False

    @staticmethod
    def _one(name: str, look: Callable[[], int]) -> bool:
        try:
            found = look()
        except _PASSING as error:
            _LOG.warning("%s: not now: %s", name, error)
            return False
        if found:
            _LOG.info("%s: %d", name, found)
        return True


@dataclass
class Drain:
    """Writes what was taken into the ledger. What keeps it from doing so is told once."""

    outbox: Outbox
    deliveries: Deliveries
    _told: str = ""

    def __call__(self) -> None:
        """Write down what waits; where that cannot be done now it waits on."""
        said = ""
        try:
            self.outbox.drain(self.deliveries)
        except RecordError as error:
            said = str(error)
        except RedisError as error:
            said = f"Redis does not answer ({type(error).__name__})."
        if said and said != self._told:
            _LOG.warning("deliveries wait for the ledger: %s", said)
        self._told = said


def keeper_of(settings: Settings) -> tuple[Drain, Keeper]:
    """Return the keeper of an installation that is set up, and its drain. Raises ``RecordError`` or ``QueueError``."""
    record = open_ledger(settings.database_url)
    queue = JobQueue(connect(settings.redis_url, patient=True))
    installations = Installations(settings)
    recovery = Recovery(GitHubHooks(installations.as_app()), record, Intake(queue, settings.app_id))
    checks = LedgerChecks(record.ledger, installations, settings.app_id or 0)
    reaper = Reaper(checks, queue)
    looks = [("deliveries recovered", recovery.look), ("check runs closed", reaper.look)]
    return Drain(queue.outbox, record), Keeper(queue, looks)


def main() -> int:
    """Look at the start, and then again and again until told to stop. The settings come from the environment."""
    log_to_stderr()
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        interval = float(os.environ.get("EXOGATE_KEEPER_SECONDS", INTERVAL))
        settings = Settings.read(os.environ)
        # Before it is set up there is nothing to look after; the set-up page stores what is missing.
        while settings.missing and not stopped.wait(SET_UP_LOOK):
            settings = Settings.read(os.environ)
        if not stopped.is_set():
            _keep(stopped, *keeper_of(settings), interval)
    except (SettingsError, RecordError, QueueError, ValueError) as error:
        _LOG.error("%s", error)
        return 2
    return 0


def _keep(stopped: threading.Event, drain: Drain, keeper: Keeper, interval: float) -> None:
    due = time.monotonic()
    while not stopped.is_set():
        drain()
        if time.monotonic() >= due:
            keeper.look()
            due = time.monotonic() + interval
        stopped.wait(min(DRAINS, interval))


if __name__ == "__main__":
    sys.exit(main())
