"""A crew: processes that do one arm after the other, and are replaced when they die."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from collapse_lab.job import errors_of

_PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Ended:
    """An arm that has ended; ``failed`` says why where it did not come to its last round."""

    arm: int
    failed: str | None


class Crew:
    """Up to *size* processes at a time. A context manager: leaving it ends those that still work.

    A process that dies takes its arm with it, and no other; the next arm gets a new one. *command* starts what talks
    as ``job`` does.
    """

    def __init__(self, out: Path, size: int, share: str | None = None, command: Sequence[str] = ()) -> None:
        job = (sys.executable, "-m", "collapse_lab.job", str(out), *(("--share", share) if share else ()))
        self._out, self._size, self._command = out, size, tuple(command) or job
        self._idle: list[_Worker] = []
        self._busy: dict[int, _Worker] = {}
        self._heard: queue.SimpleQueue[Ended] = queue.SimpleQueue()

    def __enter__(self) -> Crew:
        (self._out / "logs").mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._idle:
            worker.dismiss()
        for worker in self._busy.values():
            worker.process.terminate()
        for worker in (*self._idle, *self._busy.values()):
            worker.process.wait()

    @property
    def free(self) -> int:
        """How many more arms could be begun now."""
        return self._size - len(self._busy)

    def begin(self, arm: int) -> None:
        """Give an arm to a process that is idle, or to a new one."""
        worker = self._idle.pop() if self._idle else _Worker(self._command, self._out, arm)
        self._busy[arm] = worker
        threading.Thread(target=lambda: self._heard.put(worker.do(arm)), daemon=True).start()

    def wait(self, seconds: float) -> list[Ended]:
        """Return the arms that have ended, after at most *seconds* where none has."""
        try:
            found = [self._heard.get(timeout=seconds)]
        except queue.Empty:
            return []
        while not self._heard.empty():
            found.append(self._heard.get())
        for ended in found:
            worker = self._busy.pop(ended.arm)
            if worker.process.poll() is None:
                self._idle.append(worker)
        return found


class _Worker:
    """One process; ``do`` is called by one thread at a time."""

    def __init__(self, command: Sequence[str], out: Path, arm: int) -> None:
        self._out, self._errors = out, out / "logs" / f"worker-{arm:03d}.err"
        with self._errors.open("wb") as handle:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=handle,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
            )

    def do(self, arm: int) -> Ended:
        """Do an arm, and wait for its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(f"{arm}\n")
            self.process.stdin.flush()
            failed = json.loads(self.process.stdout.readline())["failed"]
        except (OSError, ValueError, KeyError, TypeError):
            return Ended(arm, f"its process ended with status {self._end()}: {self._last_words()}")
        return Ended(arm, failed and f"{failed} (the whole of it is in {errors_of(self._out, arm)})")

    def dismiss(self) -> None:
        """Let the process end by itself."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def _end(self) -> int:
        """Return the status of a process that is ending; one that goes on, and talks nonsense, is ended."""
        try:
            return self.process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def _last_words(self) -> str:
        lines = self._errors.read_text("utf-8", "replace").strip().splitlines()
        return f"{lines[-1] if lines else 'it said nothing'} (the whole of it is in {self._errors})"
