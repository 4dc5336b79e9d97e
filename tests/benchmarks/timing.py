"""Measuring: whole processes, taken in turn, compared pair by pair."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One printed result: what was compared, the median, how far runs lay apart, and the goal."""

    what: str
    median: float
    low: float
    high: float
    unit: str
    goal: float
    at_most: bool = True

    @property
    def reached(self) -> bool:
        return self.median <= self.goal if self.at_most else self.median >= self.goal

    def __str__(self) -> str:
        goal = f"{'at most' if self.at_most else 'at least'} {self.goal:g} {self.unit}"
        spread = f"{self.low:.2f} to {self.high:.2f}"
        return f"{'ok ' if self.reached else 'NOT'}  {self.what}: {self.median:.2f} {self.unit} ({spread}); goal {goal}"


def line(what: str, values: Sequence[float], unit: str, goal: float, *, at_most: bool = True) -> Line:
    return Line(what, statistics.median(values), min(values), max(values), unit, goal, at_most)


@dataclass(frozen=True)
class Skipped:
    """A sentence in the place of a result: what is not measured here, and why."""

    why: str
    reached: bool = True

    def __str__(self) -> str:
        return f"---  not measured: {self.why}"


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def processor_time(work: Callable[[], object]) -> float:
    """Return the seconds that *work* computed in this process: for work of one thread, which others may interrupt."""
    started = time.process_time()
    work()
    return time.process_time() - started


def run(*argv: object, cwd: Path | None = None, env: dict[str, str] | None = None, ok: Sequence[int] = (0,)) -> str:
    """Run a command to its end and return its output; an unexpected exit status is an error, not a fast run."""
    done = subprocess.run([str(a) for a in argv], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode not in ok:
        raise RuntimeError(
            f"{' '.join(map(str, argv))} ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}"
        )
    return done.stdout
