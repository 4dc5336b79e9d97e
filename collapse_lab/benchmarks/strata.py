"""Head, middle and tail of a published benchmark: by how rare the means are that its own solutions need.

A solution's operations are the kinds of its syntax-tree nodes, the functions it calls and the attributes it asks for
(``metrics.tail.features``). An operation that *d* of the *n* solutions have tells -log2(d / n) bits. A task is as rare
as its three rarest operations are on average; the third of the tasks with the fewest bits is the head, that with the
most the tail. The order of the benchmark decides between equals. Computed over the whole benchmark, so that a slice
of it keeps the strata.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import log2

from collapse_lab.metrics.tail import features
from collapse_lab.tasks.task import STRATA, Task

_RAREST = 3


def stratified(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return the tasks with their ``operations``, rarest first, and their ``stratum``."""
    found = [sorted(features(task.program(task.reference))) for task in tasks]
    having = Counter(name for names in found for name in names)
    bits = {name: -log2(count / len(tasks)) for name, count in having.items()}
    operations = [tuple(sorted(names, key=lambda name: (-bits[name], name))) for names in found]
    rarity = [sum(bits[name] for name in names[:_RAREST]) / max(1, len(names[:_RAREST])) for names in operations]
    place = {number: rank for rank, number in enumerate(sorted(range(len(tasks)), key=rarity.__getitem__))}
    return tuple(
        replace(task, operations=names, stratum=STRATA[place[number] * len(STRATA) // len(tasks)])
        for number, (task, names) in enumerate(zip(tasks, operations, strict=True))
    )
