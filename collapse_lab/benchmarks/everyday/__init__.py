"""``everyday``: some 250 short, plain function tasks of our own, which a model of 135M weights can sometimes solve.

``tables/`` holds them, a file a family: a task is a whole function with two examples in its docstring, and the hidden
cases as ``argument: result``. Both are written by hand, so that a test that runs the functions compares two sources
that do not know of each other. ``reading`` makes tasks of the tables; strata are those of every benchmark
(``benchmarks.strata``).

To add a task, write it into a file of ``tables/`` and run ``pytest tests/collapse_lab/benchmarks/everyday``, which
says what is missing. Scores before and after are of two benchmarks: ``Benchmark.hash`` tells them apart.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from collapse_lab.benchmarks.everyday.reading import Entry, read
from collapse_lab.benchmarks.strata import stratified
from collapse_lab.tasks.task import Benchmark, Task

NAME = "everyday"


@cache
def everyday() -> Benchmark:
    """Return the benchmark: the same tasks in the same order in every process.

    The families take turns, so that the first tasks are a fair part of all.
    """
    return Benchmark(NAME, stratified([_task(entry) for entry in _in_turn(entries())]))


def entries() -> list[list[Entry]]:
    """Return the entries of each table, in the order of the families' names. Raises ``reading.TableError``."""
    folder = files("collapse_lab.benchmarks.everyday.tables")
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".yml")), key=lambda file: file.name)
    return [read(file.name.removesuffix(".yml"), file.read_text("utf-8")) for file in found]


def _in_turn(families: list[list[Entry]]) -> list[Entry]:
    longest = max(map(len, families))
    return [family[place] for place in range(longest) for family in families if place < len(family)]


def _task(entry: Entry) -> Task:
    return Task(
        id=f"{NAME}-{entry.name}",
        prompt=entry.prompt,
        entry_point=entry.name,
        reference=entry.reference,
        visible=entry.visible,
        hidden=entry.hidden,
        stratum="middle",  # until all are compared
        family=entry.family,
    )
