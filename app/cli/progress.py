"""Progress on long work: one line on standard error, only where that is a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from types import TracebackType

_TICK_SECONDS = 0.5


class Progress:
    """Names the gates that are still at work, and for how long. Writes nothing into pipes and files."""

    def __init__(self) -> None:
        self._shown = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._started = time.monotonic()
        self._running: list[str] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __enter__(self) -> Progress:
        if self._shown:
            self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._shown:
            self._ticker.join()
            self._write("")

    def update(self, gate: str, state: str) -> None:
        """Take note that a gate started or ended."""
        with self._lock:
            if state == "started":
                self._running.append(gate)
            elif gate in self._running:
                self._running.remove(gate)

    def _tick(self) -> None:
        while not self._over.wait(_TICK_SECONDS):
            with self._lock:
                names = ", ".join(self._running)
            self._write(f"{time.monotonic() - self._started:4.0f} s  waiting for {names}" if names else "")

    def _write(self, text: str) -> None:
        columns = shutil.get_terminal_size().columns
        sys.stderr.write(f"\r\x1b[2K{text[: columns - 1]}")
        sys.stderr.flush()
