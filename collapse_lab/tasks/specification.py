"""A specification: a shape with an operation in each of its slots. It says what a function must do, not how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

from collapse_lab.tasks.inputs import Arguments, bank
from collapse_lab.tasks.operations import Classic, Filter, Map, Measure, Operation, Reduce, Source
from collapse_lab.tasks.tables import OPERATIONS, SLOTS
from collapse_lab.tasks.task import STRATA, Stratum

Family = Literal["lists", "texts", "integers", "words"]

FAMILIES: Mapping[Family, float] = {"lists": 0.40, "texts": 0.25, "integers": 0.18, "words": 0.17}
"""The families and how often each is drawn."""

STRATUM_CUTS = (5, 10)
"""A task whose rarest operation has at most the first rank is head, at most the second middle, above it tail."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How operations are put together.

    ``line``: each works on what the one before gave. ``branch``: the first asks, the second answers if it is so, the
    third otherwise. ``replace``: the same for each item of a list. ``weight`` is how often it is drawn in its family;
    ``takes`` is the kind of input (see ``inputs``), or what the first operation takes where it is empty.
    """

    family: Family
    form: Literal["line", "branch", "replace"]
    slots: tuple[str, ...]
    weight: float
    takes: str = ""


SHAPES: tuple[Shape, ...] = (
    Shape("lists", "line", ("reduce",), 6, "numbers"),
    Shape("lists", "line", ("filter",), 3, "numbers"),
    Shape("lists", "line", ("map",), 3, "numbers"),
    Shape("lists", "line", ("arrange",), 3, "numbers"),
    Shape("lists", "line", ("filter", "reduce"), 16, "numbers"),
    Shape("lists", "line", ("map", "reduce"), 10, "numbers"),
    Shape("lists", "line", ("filter", "map"), 9, "numbers"),
    Shape("lists", "line", ("filter", "arrange"), 9, "numbers"),
    Shape("lists", "line", ("map", "arrange"), 7, "numbers"),
    Shape("lists", "line", ("filter", "map", "reduce"), 18, "numbers"),
    Shape("lists", "line", ("filter", "map", "arrange"), 4, "numbers"),
    Shape("lists", "branch", ("test", "reduce", "reduce"), 6, "numbers"),
    Shape("lists", "replace", ("filter", "map", "map"), 6, "numbers"),
    Shape("texts", "line", ("step",), 9, "text"),
    Shape("texts", "line", ("step", "step"), 24, "text"),
    Shape("texts", "line", ("step", "step", "step"), 18, "text"),
    Shape("texts", "line", ("measure",), 8, "text"),
    Shape("texts", "line", ("step", "measure"), 17, "text"),
    Shape("texts", "line", ("step", "step", "measure"), 10, "text"),
    Shape("texts", "branch", ("text test", "step", "step"), 14, "text"),
    Shape("integers", "line", ("classic",), 8),
    Shape("integers", "line", ("classic", "map"), 12),
    Shape("integers", "line", ("question",), 5),
    Shape("integers", "line", ("pair",), 5),
    Shape("integers", "line", ("pair", "map"), 10),
    Shape("integers", "branch", ("filter", "map", "map"), 15, "integer"),
    Shape("integers", "line", ("source", "reduce"), 6),
    Shape("integers", "line", ("source", "filter", "reduce"), 15),
    Shape("integers", "line", ("source", "map", "reduce"), 10),
    Shape("integers", "line", ("source", "filter", "map", "reduce"), 8),
    Shape("integers", "line", ("source", "filter"), 6),
    Shape("words", "line", ("word reduce",), 6, "words"),
    Shape("words", "line", ("word filter",), 4, "words"),
    Shape("words", "line", ("word map",), 4, "words"),
    Shape("words", "line", ("word size",), 2, "words"),
    Shape("words", "line", ("word arrange",), 3, "words"),
    Shape("words", "line", ("word filter", "word reduce"), 18, "words"),
    Shape("words", "line", ("word map", "word reduce"), 10, "words"),
    Shape("words", "line", ("word filter", "word map"), 11, "words"),
    Shape("words", "line", ("word filter", "word arrange"), 9, "words"),
    Shape("words", "line", ("word size", "reduce"), 6, "words"),
    Shape("words", "line", ("word filter", "word size", "reduce"), 9, "words"),
    Shape("words", "line", ("word filter", "word map", "word reduce"), 12, "words"),
    Shape("words", "branch", ("word test", "word reduce", "word reduce"), 5, "words"),
)
_SHAPES = {(shape.family, shape.slots): shape for shape in SHAPES}


@dataclass(frozen=True, slots=True)
class Specification:
    """What a function must do."""

    shape: Shape
    operations: tuple[Operation, ...]

    @property
    def takes(self) -> str:
        """The kind of input."""
        return self.shape.takes or cast("Source | Classic", self.operations[0]).takes

    @property
    def names(self) -> tuple[str, ...]:
        """The operations' names, in order."""
        return tuple(operation.name for operation in self.operations)

    @property
    def gives(self) -> str:
        """The type of the result."""
        last = self.operations[-1]
        if isinstance(last, Reduce | Measure | Classic):
            return last.gives
        if self.shape.family == "texts":
            return "str"
        if self.shape.family == "integers" and not isinstance(self.operations[0], Source):
            return "int"
        return "list[str]" if self.shape.slots[-1] in ("word filter", "word map", "word arrange") else "list[int]"

    @property
    def sound(self) -> bool:
        """Whether the branches give the same type and fit on a line; everything else the shapes guarantee."""
        if self.shape.form != "branch":
            return True
        _, yes, no = self.operations
        return _gives(yes) == _gives(no) and not any(isinstance(o, Reduce) and not (o.gen or o.lst) for o in (yes, no))

    @property
    def stratum(self) -> Stratum:
        """Where the rarest operation stands."""
        rarest = max(operation.rank for operation in self.operations)
        return STRATA[sum(rarest > cut for cut in STRATUM_CUTS)]

    def with_operation(self, place: int, operation: Operation) -> Specification:
        """Return the same with another operation at one place."""
        operations = (*self.operations[:place], operation, *self.operations[place + 1 :])
        return Specification(self.shape, operations)

    def outcomes(self, kind: str = "") -> tuple[Any, ...]:
        """Return the result for each input of the bank, or of the bank of another *kind* of the same types.

        The results are shared: nobody may change them.
        """
        takes = kind or self.takes
        if self.shape.form == "line":
            return _line(takes, self.operations)
        ask, yes, no = self.operations
        if self.shape.form == "branch":
            asked, first, second = (_line(takes, (operation,)) for operation in self.operations)
            return tuple([a if true else b for true, a, b in zip(asked, first, second, strict=True)])
        return tuple([[yes.run(x) if ask.run(x) else no.run(x) for x in arguments[0]] for arguments in bank(takes)])

    def reduced(self) -> Iterator[tuple[Any, ...]]:
        """Yield the results of each specification that leaves one operation out and is still one."""
        if self.shape.form == "line":
            for place, operation in enumerate(self.operations):
                rest = (*self.operations[:place], *self.operations[place + 1 :])
                if rest and _may_go(operation, rest):
                    yield _line(self.takes, rest)
            return
        for only in self.operations[1:]:
            yield _line(self.takes, (only,))


def _may_go(operation: Operation, rest: tuple[Operation, ...]) -> bool:
    """Tell whether what is left still fits together: same types in and out."""
    if isinstance(operation, Map) and operation.slot == "word size":
        return False
    return not isinstance(operation, Reduce | Measure | Source | Classic)


def _gives(operation: Operation) -> str:
    return operation.gives if isinstance(operation, Reduce | Measure | Classic) else "same"


def _advance(operation: Operation, value: Any) -> Any:
    """Return what one operation makes of a value; filters and maps work on items, or on a single integer."""
    return _advanced(operation, (value,))[0]


def _advanced(operation: Operation, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what one operation makes of each of some values of one type."""
    run = operation.run
    if isinstance(values[0], list):
        if isinstance(operation, Filter):
            return tuple([[x for x in value if run(x)] for value in values])
        if isinstance(operation, Map):
            return tuple([list(map(run, value)) for value in values])
    return tuple(map(run, values))


@cache
def _line(takes: str, operations: tuple[Operation, ...]) -> tuple[Any, ...]:
    """Return the results of a line for the bank. Beginnings are kept, so that one more operation is one step."""
    last = operations[-1]
    if len(operations) > 1:
        return _advanced(last, _line(takes, operations[:-1]))
    if isinstance(last, Source | Classic):
        return tuple([last.run(*arguments) for arguments in bank(takes)])
    return _advanced(last, tuple([arguments[0] for arguments in bank(takes)]))


def call(specification: Specification, arguments: Arguments) -> Any:
    """Return what the function must give for any arguments, by the tables' pure functions."""
    first, *rest = specification.operations
    if specification.shape.form == "line":
        value = first.run(*arguments) if isinstance(first, Source | Classic) else _advance(first, arguments[0])
        for operation in rest:
            value = _advance(operation, value)
        return value
    yes, no = rest
    if specification.shape.form == "branch":
        return _advance(yes if first.run(arguments[0]) else no, arguments[0])
    return [yes.run(x) if first.run(x) else no.run(x) for x in arguments[0]]


def of_names(family: str, names: tuple[str, ...]) -> Specification:
    """Return the specification that a task's family and operations name. Raises ``KeyError`` where there is none."""
    operations = tuple(OPERATIONS[name] for name in names)
    shape = _SHAPES[cast("Family", family), tuple(operation.slot for operation in operations)]
    return Specification(shape, operations)


def all_singles() -> Iterator[Specification]:
    """Yield every specification that is one operation."""
    for shape in SHAPES:
        if len(shape.slots) == 1:
            for operation in SLOTS[shape.slots[0]]:
                yield Specification(shape, (operation,))
