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
from collapse_lab.doing import doing
from collapse_lab.job import folder_of


class Shown:
    """Shows how far a run is. A context manager; ``update`` takes the run's progress."""

    def __init__(self, out: Path, cells: list[Cell], rounds: int) -> None:
        self._out, self._cells, self._rounds = out, cells, rounds
        self._told: set[int] = set()
        self._trained: set[tuple[int, str]] = set()
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
        """Show the arms at work, name each that has ended, and say when the training of a base begins."""
        for note in progress.notes:
            self._say(note)
        ended = [*progress.done, *progress.failed]
        for number in (n for n in ended if n not in self._told):
            self._told.add(number)
            word = "failed" if number in progress.failed else "ended"
            line = f"{time.monotonic() - self._started:6.0f} s  {len(self._told)}/{len(self._cells)}  {word}: "
            self._say(line + self._cells[number].name)
        names = "; ".join(self._at_work(number) for number in progress.running)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._rounds_done(), description=names[:60] or "ending")

    def _at_work(self, number: int) -> str:
        """Return an arm's name, with the training of its base where it is at that, of which the first look tells."""
        cell = self._cells[number]
        begun = (folder_of(self._out, number) / "round-0.json").is_file()
        training = None if begun else doing(self._out, number)
        if training is None:
            return cell.label
        if (cell.base, training.what) not in self._trained:
            self._trained.add((cell.base, training.what))
            began = f"{time.monotonic() - self._started:6.0f} s"
            self._say(f"{began}  before round 0: {training.what}, {training.of} steps (base {cell.base})")
        return f"{cell.label}: {training}"

    def _rounds_done(self) -> int:
        folders = (folder_of(self._out, number) for number in range(len(self._cells)))
        return sum(len(list(folder.glob("round-*.json"))) for folder in folders)

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, highlight=False)
        else:
            click.echo(line, err=True)
