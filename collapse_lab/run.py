"""Run a study: its arms in processes of their own, as many at a time as there are cores."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from collapse_lab.arms import Cell
from collapse_lab.job import Plan

_LOOK_SECONDS = 0.5


@dataclass
class Progress:
    """How far a run is: the arms still running, those ended, and those that failed (with the last words of each)."""

    waiting: list[int] = field(default_factory=list)
    running: dict[int, float] = field(default_factory=dict)
    done: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)


def run(out: Path, plan: Plan, workers: int, shown: Callable[[Progress], None]) -> Progress:
    """Run every arm of a plan; arms that failed leave the others alone.

    Two arms that need the same artifact make it once: the second waits. The first arm of each base goes ahead, so
    that no core waits while a base is trained.
    """
    _begin(out, plan)
    progress = Progress(waiting=_by_base(plan.cells()))
    started: dict[int, subprocess.Popen[bytes]] = {}
    try:
        while progress.waiting or started:
            while progress.waiting and len(started) < workers:
                number = progress.waiting.pop(0)
                started[number] = _start(out, number)
                progress.running[number] = time.monotonic()
            time.sleep(_LOOK_SECONDS)
            for number, process in list(started.items()):
                if process.poll() is None:
                    continue
                del started[number], progress.running[number]
                if process.returncode == 0:
                    progress.done.append(number)
                else:
                    progress.failed[number] = _last_words(out, number, process.returncode)
            shown(progress)
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait()
    return progress


def _begin(out: Path, plan: Plan) -> None:
    """Write the plan. Pages lie by an arm's place in it: those of another plan go, to be made again from artifacts."""
    try:
        kept = Plan.read(out) == plan
    except (OSError, ValueError, TypeError):
        kept = False
    if not kept:
        shutil.rmtree(out / "arms", ignore_errors=True)
    plan.write(out)


def _by_base(cells: list[Cell]) -> list[int]:
    """Return the cells' numbers, one of each base first."""
    first = {cell.base: number for number, cell in reversed(list(enumerate(cells)))}
    ahead = sorted(first.values())
    return ahead + [number for number in range(len(cells)) if number not in ahead]


def _start(out: Path, number: int) -> subprocess.Popen[bytes]:
    errors = out / "logs" / f"{number:03d}.err"
    errors.parent.mkdir(parents=True, exist_ok=True)
    with errors.open("wb") as handle:
        return subprocess.Popen(
            [sys.executable, "-m", "collapse_lab.job", str(out), str(number)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=handle,
            env={**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
        )


def _last_words(out: Path, number: int, status: int) -> str:
    file = out / "logs" / f"{number:03d}.err"
    lines = file.read_text("utf-8", "replace").strip().splitlines()
    said = lines[-1] if lines else "it said nothing"
    return f"it ended with status {status}: {said} (the whole of it is in {file})"
