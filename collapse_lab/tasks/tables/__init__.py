"""The operations of the pocket tasks, one table a slot. A row's place in its table is its rank."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from collapse_lab.tasks.operations import Operation
from collapse_lab.tasks.tables import classics, lists, numbers, texts, words

_TABLES: Mapping[str, Sequence[Operation]] = {
    "filter": numbers.FILTERS,
    "map": numbers.MAPS,
    "reduce": lists.REDUCES,
    "arrange": lists.ARRANGES,
    "test": lists.TESTS,
    "source": numbers.SOURCES,
    "classic": classics.CLASSICS,
    "question": classics.QUESTIONS,
    "pair": classics.PAIRS,
    "step": texts.STEPS,
    "measure": texts.MEASURES,
    "text test": texts.TESTS,
    "word filter": words.FILTERS,
    "word map": words.MAPS,
    "word size": words.SIZES,
    "word reduce": words.REDUCES,
    "word arrange": words.ARRANGES,
    "word test": words.TESTS,
}


def _ranked(slot: str, rows: Sequence[Operation]) -> tuple[Operation, ...]:
    return tuple(dataclasses.replace(row, slot=slot, rank=rank) for rank, row in enumerate(rows, 1))


SLOTS: Mapping[str, tuple[Operation, ...]] = MappingProxyType(
    {slot: _ranked(slot, rows) for slot, rows in _TABLES.items()}
)
"""The operations of each slot, by rank (1 is the most frequent)."""

OPERATIONS: Mapping[str, Operation] = MappingProxyType({row.name: row for rows in SLOTS.values() for row in rows})
"""Every operation by its name."""
