"""The stand-in's time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class Clock:
    """The stand-in's own time, in seconds since 1970; it moves only when it is told to."""

    now: float = datetime(2026, 3, 2, 9, 0, tzinfo=UTC).timestamp()

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass."""
        self.now += seconds

    def use_real_time(self) -> None:
        """Take the time from the machine from now on, for tests with other processes."""
        self.__class__ = _RealClock

    def stamp(self, seconds: float = 0) -> str:
        """Return the time, *seconds* from now, as GitHub writes it."""
        return (datetime.fromtimestamp(self.now, UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


class _RealClock(Clock):
    """The machine's time, plus what was advanced."""

    ahead = 0.0

    @property
    def now(self) -> float:
        return time.time() + self.ahead

    @now.setter
    def now(self, value: float) -> None:
        self.ahead = value - time.time()
