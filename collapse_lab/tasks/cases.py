"""Which function a specification is, whether it makes a fair task, and the calls that tell it from wrong ones."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from operator import ne
from random import Random
from typing import Any

from collapse_lab.tasks.inputs import SHORTENED, bank, edges
from collapse_lab.tasks.operations import Filter, Operation, Reduce, Source, Test
from collapse_lab.tasks.specification import Specification, all_singles
from collapse_lab.tasks.streams import stream
from collapse_lab.tasks.tables import SLOTS
from collapse_lab.tasks.task import Case

HIDDEN, VISIBLE = 8, 4
MOST_ALIKE = 0.75
"""No answer may be right for more than this share of the hidden cases."""
_NEVER = 1_000_000
_LEAST_FELT = 3
"""On how many inputs of the bank each operation must make a difference."""


@dataclass(frozen=True, slots=True)
class Cases:
    """The calls a gate may see and those that decide; both in the bank's order, none in both."""

    visible: tuple[Case, ...]
    hidden: tuple[Case, ...]


def identity_of(specification: Specification, outcomes: Sequence[Any]) -> str:
    """Return the hash of the kind of input and the results."""
    text = f"{specification.takes}\0{outcomes!r}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def _singles() -> frozenset[str]:
    return frozenset(identity_of(s, s.outcomes()) for s in all_singles())


@cache
def function_of(specification: Specification) -> str | None:
    """Return the identity of the function that a specification is: a hash of its results on the whole bank.

    Two specifications with one identity are one function, however they are worded. ``None`` where the specification
    is more than the function needs: an operation makes no difference on several inputs, a single operation does the
    same, or the result is the argument.
    """
    if not specification.sound:
        return None
    outcomes = specification.outcomes()
    if any(_differences(outcomes, less) < _LEAST_FELT for less in specification.reduced()):
        return None
    if _differences(outcomes, [arguments[0] for arguments in bank(specification.takes)]) < _LEAST_FELT:
        return None
    identity = identity_of(specification, outcomes)
    return None if len(specification.operations) > 1 and identity in _singles() else identity


@cache
def cases_of(specification: Specification) -> Cases | None:
    """Return the cases of a specification, or ``None`` where one answer would be right nearly always."""
    outcomes = specification.outcomes()
    written = [repr(outcome) for outcome in outcomes]
    chosen = _choice(specification, outcomes, written, stream("cases", identity_of(specification, outcomes)))
    if chosen is None:
        return None
    inputs = bank(specification.takes)
    visible, hidden = (tuple([Case(repr(inputs[i]), written[i]) for i in some]) for some in chosen)
    return Cases(visible, hidden)


def _differences(some: Sequence[Any], others: Sequence[Any]) -> int:
    return sum(map(ne, some, others))


def neighbours(specification: Specification, place: int) -> list[Operation]:
    """Return the operations that may stand at *place* instead: of the same slot, giving the same type."""
    here = specification.operations[place]
    others = [o for o in SLOTS[here.slot] if o.rank != here.rank]
    if isinstance(here, Reduce):
        others = [o for o in others if isinstance(o, Reduce) and o.gives == here.gives]
    return [o for o in others if getattr(o, "takes", "") == getattr(here, "takes", "")]


@cache
def slips(operation: Operation) -> tuple[Operation, ...]:
    """Return the operation off by one: its boundary missed, or the list it makes begun late or ended early."""
    if isinstance(operation, Filter | Test) and operation.slip is not None:
        return (replace(operation, run=operation.slip),)
    if isinstance(operation, Source):
        run = operation.run
        return (replace(operation, run=lambda *n: run(*n)[1:]), replace(operation, run=lambda *n: run(*n)[:-1]))
    return ()


def _mutants(specification: Specification) -> Iterator[Sequence[Any]]:
    """Yield the results of wrong programs: an operation left out or off by one, the commonest or the next one in its
    place, the first or the last item of the argument overlooked."""
    yield [arguments[0] for arguments in bank(specification.takes)]
    yield from specification.reduced()
    for shortened in SHORTENED.get(specification.takes, ()):
        yield specification.outcomes(shortened)
    for place, here in enumerate(specification.operations):
        for off in slips(here):
            yield specification.with_operation(place, off).outcomes()
        others = neighbours(specification, place)
        near = sorted(others, key=lambda o: (abs(o.rank - here.rank), o.rank))[:2]
        for other in {o.key: o for o in (*others[:1], *near)}.values():
            swapped = specification.with_operation(place, other)
            if swapped.sound:
                yield swapped.outcomes()


def _choice(
    specification: Specification, outcomes: Sequence[Any], written: Sequence[str], random: Random
) -> tuple[list[int], list[int]] | None:
    """Return the visible and the hidden inputs' numbers, both in ascending order."""
    kills = [0] * len(outcomes)
    for number, mutant in enumerate(_mutants(specification)):
        bit = 1 << number
        for i, wrong in enumerate(map(ne, outcomes, mutant)):
            if wrong:
                kills[i] |= bit
    codes: dict[str, int] = {}
    answers = [codes.setdefault(answer, len(codes)) for answer in written]
    order = list(range(len(outcomes)))
    random.shuffle(order)
    edge = edges(specification.takes)
    hidden = _cover(order, kills, answers, random.randrange(edge))
    if Counter(answers[i] for i in hidden).most_common(1)[0][1] > MOST_ALIKE * HIDDEN:
        return None
    left = [i for i in order if i not in hidden]
    visible = _cover(left, [0] * len(kills), answers, next((i for i in left if i < edge), left[0]), VISIBLE)
    return sorted(visible), sorted(hidden)


def _cover(
    order: Sequence[int], kills: Sequence[int], answers: Sequence[int], first: int, size: int = HIDDEN
) -> list[int]:
    """Choose inputs that kill every mutant, then every mutant again, and so on; rarer answers break ties.

    No answer is chosen more often than ``MOST_ALIKE`` allows while there are others.
    """
    most_alike = int(MOST_ALIKE * size)
    every = 0
    for kill in kills:
        every |= kill
    chosen = [first]
    seen = [0] * len(answers)
    seen[answers[first]] = 1
    left = [i for i in order if i != first]
    alive = every & ~kills[first]
    while len(chosen) < size:
        alive = alive or every
        best, most = -1, -2 * _NEVER
        for i in left:
            alike = seen[answers[i]]
            worth = (kills[i] & alive).bit_count() * size - (alike if alike < most_alike else _NEVER)
            if worth > most:
                best, most = i, worth
        chosen.append(best)
        left.remove(best)
        seen[answers[best]] += 1
        alive &= ~kills[best]
    return chosen
