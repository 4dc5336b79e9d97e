"""Run a study: its arms in a crew of processes, as many at a time as there are cores."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from collapse_lab.arms import Cell
from collapse_lab.crew import Crew
from collapse_lab.job import Plan
from collapse_lab.remote import Remote
from collapse_lab.shared import begin as begin_share

_LOOK_SECONDS = 0.5


@dataclass
class Progress:
    """How far a run is: the arms still running, those ended, and those that failed (with the last words of each);
    ``notes`` are sentences to be shown."""

    waiting: list[int] = field(default_factory=list)
    running: dict[int, float] = field(default_factory=dict)
    done: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def run(
    out: Path, plan: Plan, workers: int, shown: Callable[[Progress], None], share: Remote | None = None
) -> Progress:
    """Run every arm of a plan; arms that failed leave the others alone.

    Two arms that need the same artifact make it once: the second waits. The first arm of each base goes ahead, so
    that no core waits while a base is trained. A *share* has what is made, and gives what it has.
    """
    begin(out, plan)
    if share is not None:
        begin_share(out, share, plan)
    progress = Progress(waiting=by_base(plan.cells()))
    with Crew(out, workers, share.url if share else None) as crew:
        while progress.waiting or progress.running:
            while progress.waiting and crew.free:
                number = progress.waiting.pop(0)
                crew.begin(number)
                progress.running[number] = time.monotonic()
            for ended in crew.wait(_LOOK_SECONDS):
                del progress.running[ended.arm]
                if ended.failed is None:
                    progress.done.append(ended.arm)
                else:
                    progress.failed[ended.arm] = ended.failed
            shown(progress)
    return progress


def begin(out: Path, plan: Plan) -> None:
    """Write the plan. Pages lie by an arm's place in it: those of another plan go, to be made again from artifacts."""
    try:
        kept = Plan.read(out).digest == plan.digest
    except (OSError, ValueError, KeyError, TypeError):
        kept = False
    if not kept:
        shutil.rmtree(out / "arms", ignore_errors=True)
    plan.write(out)


def by_base(cells: list[Cell]) -> list[int]:
    """Return the cells' numbers, one of each base first."""
    first = {cell.base: number for number, cell in reversed(list(enumerate(cells)))}
    ahead = sorted(first.values())
    return ahead + [number for number in range(len(cells)) if number not in ahead]
