"""Progress on long work: one line on standard error, only where that is a terminal."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType


class Progress:
    """Names the gates that are still at work. Writes nothing into pipes and files."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._started = time.monotonic()
        self._running: list[str] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write("")

    def update(self, gate: str, state: str) -> None:
        """Take note that a gate started or ended."""
        with self._lock:
            if state == "started":
                self._running.append(gate)
            elif gate in self._running:
                self._running.remove(gate)
            names = ", ".join(self._running)
        self._write(f"{time.monotonic() - self._started:4.0f} s  waiting for {names}" if names else "")

    def _write(self, text: str) -> None:
        if self._shown:
            sys.stderr.write(f"\r\x1b[2K{text[:100]}")
            sys.stderr.flush()
