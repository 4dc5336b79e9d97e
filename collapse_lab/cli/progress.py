"""Progress of a run: a bar with the time left on a terminal, one line an arm elsewhere."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from collapse_lab import run
from collapse_lab.arms import Cell
from collapse_lab.job import folder_of


class Shown:
    """Shows how far a run is. A context manager; ``update`` takes the run's progress."""

    def __init__(self, out: Path, cells: list[Cell], rounds: int) -> None:
        self._out, self._cells, self._rounds = out, cells, rounds
        self._told: set[int] = set()
        self._started = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Shown:
        if sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("rounds"))
            times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(elapsed_when_finished=True))
            self._bar = Progress(*columns, *times, console=Console(stderr=True))
            self._bar.start()
            self._task = self._bar.add_task("starting", total=len(self._cells) * (self._rounds + 1))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, progress: run.Progress) -> None:
        """Show the arms at work, and name each that has ended."""
        for note in progress.notes:
            self._say(note)
        ended = [*progress.done, *progress.failed]
        for number in (n for n in ended if n not in self._told):
            self._told.add(number)
            word = "failed" if number in progress.failed else "ended"
            line = f"{time.monotonic() - self._started:6.0f} s  {len(self._told)}/{len(self._cells)}  {word}: "
            self._say(line + self._cells[number].name)
        if self._bar is not None and self._task is not None:
            names = "; ".join(self._cells[number].label for number in progress.running)
            self._bar.update(self._task, completed=self._rounds_done(), description=names[:60] or "ending")

    def _rounds_done(self) -> int:
        folders = (folder_of(self._out, number) for number in range(len(self._cells)))
        return sum(len(list(folder.glob("round-*.json"))) for folder in folders)

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, highlight=False)
        else:
            click.echo(line, err=True)
