"""How a review that nobody wants any more ends early: who asks, and how all that runs for it hears of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ASKED_EVERY_SECONDS = 1.0


class StoppedError(RuntimeError):
    """The review was told to stop; the message says why."""


class Stop:
    """Whether to stop, and why. Said once, heard by every thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._why: str | None = None
        self._running = 0

    @property
    def why(self) -> str | None:
        """Why to stop; ``None`` while there is no reason to."""
        return self._why

    def because(self, why: str) -> None:
        """Stop. The first reason counts."""
        with self._changed:
            self._why = self._why or why
            self._changed.notify_all()

    def check(self) -> None:
        """Raise ``StoppedError`` where there is a reason to stop."""
        if self._why is not None:
            raise StoppedError(self._why)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the block as something to wait for. Raises ``StoppedError`` before it where it may not begin.

        It also raises after it: what was cut short says nothing that anybody may keep.
        """
        with self._changed:
            self.check()
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()
        self.check()

    def settled(self, seconds: float) -> bool:
        """Wait until nothing that ``running`` counts is left; whether that was so within *seconds*."""
        with self._changed:
            return self._changed.wait_for(lambda: self._running == 0, seconds)

    def wait(self, seconds: float) -> bool:
        """Wait for a reason to stop; whether there is one after *seconds*."""
        with self._changed:
            return self._changed.wait_for(lambda: self._why is not None, max(0.0, seconds))


def said(ask: Callable[[], str | None]) -> str | None:
    """Return the answer of *ask*; ``None`` also where it fails, since who cannot be asked has not said to stop."""
    try:
        return ask()
    except Exception:  # noqa: BLE001  (a store that is away for a moment must not end a review)
        return None


@contextmanager
def listening(ask: Callable[[], str | None], every: float = ASKED_EVERY_SECONDS) -> Iterator[Stop]:
    """Yield what *ask*, asked about every second, says: a reason to stop, or ``None``.

    It is asked in a thread of its own, so that one who answers late holds nothing up. At the end of the block
    everything stops: a gate that outlived its time starts nothing more.
    """
    stop = Stop()
    thread = threading.Thread(target=_listen, args=(ask, every, stop), name="superseded?", daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.because("The review is over.")


def _listen(ask: Callable[[], str | None], every: float, stop: Stop) -> None:
    while True:
        began = time.monotonic()
        if why := said(ask):
            stop.because(why)
        if stop.wait(began + every - time.monotonic()):
            return
