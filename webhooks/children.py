"""Processes that belong together: started in order, started again when they end, and stopped together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from webhooks.process import followed

_LOG = logging.getLogger("exogate")
# Seconds: how often is looked, until one that ended is started again (doubled each time it did not last), and how
# long a process has lasted once it is taken for well.
_LOOK, _PAUSE, _LONGEST_PAUSE, _WELL = 0.2, 1.0, 30.0, 60.0


class ChildError(RuntimeError):
    """A process cannot be started; the message is a sentence."""


def module(name: str) -> list[str]:
    """Return the command that runs a module of ours with this Python, whatever lies in the directory it starts in."""
    # -P, or a package `app` of that directory would be taken for ours.
    return [sys.executable, "-P", "-m", name]


@dataclass(frozen=True)
class Program:
    """What to run. ``ready`` says whether others may start; ``outlives``: it is stopped when all others have ended.

    ``grace`` is for how many seconds it may take to end; after that it is told once more, and then killed.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path | None = None
    ready: Callable[[], bool] | None = None
    grace: float = 30.0
    outlives: bool = False


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    since: float
    pause: float = _PAUSE
    due: float | None = None


@dataclass
class Family:
    """Keeps programs running until it is told to stop (SIGTERM or Ctrl-C)."""

    programs: Sequence[Program]
    patience: float = 60.0
    _children: list[_Child] = field(default_factory=list)
    _stopping: bool = False

    def run(self, begun: Callable[[], object] = lambda: None) -> None:
        """Start all, call *begun*, and keep them until told to stop. Raises ``ChildError``; then all are stopped."""
        with self._listening():
            try:
                for program in self.programs:
                    if not self._stopping:
                        self._children.append(_Child(program, _start(program), time.monotonic()))
                        self._wait_for(self._children[-1])
                if not self._stopping:
                    begun()
                while not self._stopping:
                    time.sleep(_LOOK)
                    self._look()
            finally:
                self._stop()

    @contextmanager
    def _listening(self) -> Iterator[None]:
        def stop(number: int, frame: FrameType | None) -> None:
            self._stopping = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _wait_for(self, child: _Child) -> None:
        ready, end = child.program.ready, time.monotonic() + self.patience
        while ready is not None and not self._stopping and not ready():
            if child.process.poll() is not None:
                raise ChildError(f"{child.program.name} ended as soon as it was started; what it said is above.")
            if time.monotonic() > end:
                raise ChildError(f"{child.program.name} did not become ready within {self.patience:.0f} s.")
            time.sleep(0.05)

    def _look(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.due is None and child.process.poll() is not None:
                child.pause = _PAUSE if now - child.since > _WELL else min(child.pause * 2, _LONGEST_PAUSE)
                child.due = now + child.pause
                _LOG.warning(
                    "%s ended with status %s; it is started again in %.0f s",
                    child.program.name,
                    child.process.returncode,
                    child.pause,
                )
            elif child.due is not None and child.due <= now:
                child.process, child.since, child.due = _start(child.program), now, None

    def _stop(self) -> None:
        """Stop all; a Redis outlives those who write to it."""
        for outlives in (False, True):
            ending = [child for child in self._children if child.program.outlives is outlives]
            for child in ending:
                if child.process.poll() is None:
                    child.process.send_signal(signal.SIGTERM)
            end = time.monotonic()
            for child in ending:
                _wait(child.process, end + child.program.grace - time.monotonic())


def _start(program: Program) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            program.command,
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            # A group of its own: Ctrl-C on the terminal reaches us alone, and we stop them in order.
            start_new_session=True,
            # Where we are killed nobody stops them in order: Redis closes its file, and for all others jobs and
            # deliveries survive it; told to end, they would wait for a Redis that is gone.
            preexec_fn=followed(signal.SIGTERM if program.outlives else signal.SIGKILL),
        )
    except OSError as error:
        raise ChildError(f"{program.name} cannot be started: {error.strerror}: {program.command[0]}.") from error


def _wait(process: subprocess.Popen[bytes], grace: float) -> None:
    """Wait until a process that was told to stop has ended; tell it again, and kill it, where it takes too long."""
    for wait, then in ((max(0.0, grace), signal.SIGTERM), (5.0, signal.SIGKILL)):
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            process.send_signal(then)
        else:
            return
    process.wait()


def environment(**more: str) -> dict[str, str]:
    """Return our environment with changes, for a program of ours."""
    return {**os.environ, **more}
