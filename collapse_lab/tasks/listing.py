"""What a set of tasks holds, as rows for a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from collapse_lab.tasks.task import STRATA, Stratum, Task


@dataclass(frozen=True, slots=True)
class Row:
    """How many tasks of a family and a stratum there are, their share of all, and the program of the first."""

    family: str
    stratum: Stratum
    count: int
    share: float
    example: str


def rows(tasks: Iterable[Task]) -> list[Row]:
    """Return a row for each family and stratum that occurs: families as they first appear, strata from head to tail."""
    groups: dict[str, dict[Stratum, list[Task]]] = {}
    total = 0
    for task in tasks:
        groups.setdefault(task.family, {}).setdefault(task.stratum, []).append(task)
        total += 1
    return [
        Row(family, stratum, len(found), len(found) / total, found[0].program(found[0].reference))
        for family, strata in groups.items()
        for stratum in STRATA
        if (found := strata.get(stratum))
    ]
