"""The pocket tasks: an endless pool of small Python functions, and two benchmarks that no pool touches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from random import Random
from typing import Any

from collapse_lab.sample import seed_of
from collapse_lab.study import PocketTasks
from collapse_lab.tasks.cases import Cases, cases_of, function_of
from collapse_lab.tasks.specification import FAMILIES, SHAPES, Specification, all_singles
from collapse_lab.tasks.streams import cumulative, drawn, stream
from collapse_lab.tasks.tables import SLOTS
from collapse_lab.tasks.task import Benchmark, Stratum, Task
from collapse_lab.tasks.writing import Written, write

FIRST, SECOND = "pocket", "pocket-second"
"""The benchmarks' names."""

BENCHMARK_STRATA: Mapping[Stratum, float] = {"head": 0.30, "middle": 0.35, "tail": 0.35}
"""The strata's shares of a benchmark: nearly even, so that each is measured about as exactly as the others."""

_SHARE = 3000
"""A benchmark of so many tasks would hold out every function; one of 300 holds out a tenth of them."""
_MOST_HELD_OUT = 0.5
_PATIENCE = 50
_WRITINGS = 24
_SPREAD = 2**63


@dataclass(frozen=True, slots=True)
class Drawn:
    """A specification as it was drawn and written: what a task is made of. ``function`` is its identity."""

    specification: Specification
    function: str
    cases: Cases
    written: Written

    def as_task(self, id: str) -> Task:  # noqa: A002  # the field's name in the contract
        """Return the task."""
        specification, written = self.specification, self.written
        return Task(
            id=id,
            prompt=written.prompt,
            entry_point=written.entry_point,
            reference=written.body,
            visible=self.cases.visible,
            hidden=self.cases.hidden,
            stratum=specification.stratum,
            family=specification.shape.family,
            operations=specification.names,
        )


class PocketSource:
    """The ``pocket`` task source.

    A function (a specification up to equal behaviour) is held out by a hash of what it does: it is in the pools or in
    one benchmark, never in two of the three. Functions that a single operation is are never held out, so that every
    operation is in the pools; what the benchmarks ask for is new as a combination only.
    """

    def __init__(self, settings: PocketTasks | None = None) -> None:
        self.settings = settings or PocketTasks()
        held_out = (self.settings.benchmark + self.settings.second_benchmark) / _SHARE
        if held_out > _MOST_HELD_OUT:
            raise ValueError(
                f"benchmarks of {self.settings.benchmark} and {self.settings.second_benchmark} tasks leave too little "
                f"to train on: together they may have {int(_SHARE * _MOST_HELD_OUT)}"
            )
        self._names = list(FAMILIES)
        self._families = cumulative(list(FAMILIES.values()))
        self._shapes = {f: [s for s in SHAPES if s.family == f] for f in FAMILIES}
        self._weights = {f: cumulative([s.weight for s in shapes]) for f, shapes in self._shapes.items()}
        self._operations = {
            slot: cumulative([row.rank**-self.settings.zipf for row in rows]) for slot, rows in SLOTS.items()
        }

    @property
    def name(self) -> str:
        """The name used in study files."""
        return "pocket"

    @property
    def identity(self) -> dict[str, Any]:
        """What its pools hang on: every setting, since the benchmarks' specifications are kept out of them."""
        return self.settings.model_dump(mode="json")

    def pool(self, purpose: str, seed: int, count: int) -> Sequence[Task]:
        """Return the first *count* tasks of the stream that *purpose* and *seed* name."""
        drawing = islice(self.drawing(purpose, seed), count)
        return [found.as_task(f"{purpose}-{seed}-{number}") for number, found in enumerate(drawing)]

    def room(self, purpose: str) -> None:
        """Return nothing: a stream has no end."""

    def drawing(self, purpose: str, seed: int) -> Iterator[Drawn]:
        """Yield what the pool's tasks are made of, without end."""
        random = stream("pocket", self.settings.seed, "pool", purpose, seed)
        while True:
            specification, function, cases = self._drawn("", random)
            yield Drawn(specification, function, cases, write(specification, random, self.settings.untidy))

    def benchmarks(self) -> Mapping[str, Benchmark]:
        """Return ``pocket`` and, unless its size is 0, ``pocket-second``."""
        return self._benchmarks

    def texts(self) -> Sequence[tuple[str, str]]:
        """Return (prompt, completion) pairs with every operation, wording, style and name, untidy ones too.

        Every operation is written many times, alone and in company; a test compares the words with those of pools.
        """
        return self._texts

    @cached_property
    def _benchmarks(self) -> Mapping[str, Benchmark]:
        sizes = {FIRST: self.settings.benchmark, SECOND: self.settings.second_benchmark}
        return {name: self._benchmark(name, size) for name, size in sizes.items() if size}

    def _benchmark(self, name: str, size: int) -> Benchmark:
        """Draw functions that are held out for the benchmark by the pool's frequencies, each once, until every
        stratum has its share; a stratum that has no more to give leaves its places to the others."""
        random = stream("pocket", self.settings.seed, "benchmark", name)
        places = _shared_out(size)
        tasks: list[Task] = []
        seen: set[str] = set()
        misses = 0
        while len(tasks) < size:
            specification, function, cases = self._drawn(name, random)
            if function in seen or not (places[specification.stratum] or misses > _PATIENCE * size):
                misses += 1
                if misses > 2 * _PATIENCE * size:
                    raise ValueError(f"benchmark {name}: fewer than {size} functions are held out for it; ask for less")
                continue
            seen.add(function)
            places[specification.stratum] -= 1
            written = write(specification, random, self.settings.untidy)
            tasks.append(Drawn(specification, function, cases, written).as_task(f"{name}-{len(tasks)}"))
        return Benchmark(name, tuple(tasks))

    @cached_property
    def _texts(self) -> Sequence[tuple[str, str]]:
        random = stream("texts", self.settings.seed)
        written = []
        for single in all_singles():
            written += [write(single, random, untidy) for untidy in (0.0, 1.0) for _ in range(_WRITINGS)]
        written += [found.written for found in islice(self.drawing("texts", 0), 6000)]
        return [(w.prompt, w.body) for w in written]

    def held_out_for(self, specification: Specification, function: str) -> str:
        """Return the name of the benchmark that a function is held out for; empty where the pools may have it."""
        if len(specification.operations) == 1:
            return ""
        place = seed_of("held out", self.settings.seed, function) / _SPREAD
        first = self.settings.benchmark / _SHARE
        if place < first:
            return FIRST
        return SECOND if place < first + self.settings.second_benchmark / _SHARE else ""

    def _drawn(self, side: str, random: Random) -> tuple[Specification, str, Cases]:
        """Draw a fair specification on one side of the held-out border; its family is drawn first and stays."""
        family = self._names[drawn(self._families, random)]
        shapes, weights = self._shapes[family], self._weights[family]
        while True:
            shape = shapes[drawn(weights, random)]
            operations = tuple([SLOTS[slot][drawn(self._operations[slot], random)] for slot in shape.slots])
            specification = Specification(shape, operations)
            function = function_of(specification)
            if function is None or self.held_out_for(specification, function) != side:
                continue
            if (cases := cases_of(specification)) is not None:
                return specification, function, cases


def _shared_out(size: int) -> dict[Stratum, int]:
    """Return how many tasks of each stratum a benchmark has; what rounding leaves is the tail's."""
    places = {stratum: int(size * share) for stratum, share in BENCHMARK_STRATA.items()}
    places["tail"] += size - sum(places.values())
    return places
