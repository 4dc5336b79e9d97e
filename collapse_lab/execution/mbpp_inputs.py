"""What JSON could not say of MBPP+'s inputs: which lists are tuples, sets or complex numbers.

The table states what EvalPlus 0.3.1 makes of the inputs of MBPP+ v0.2.0 when it reads them, task by task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """How the arguments of some tasks are converted: the first ones, each by its own; or every one (``all``)."""

    tasks: Iterable[int]
    first: tuple[Convert, ...] = ()
    every: Convert | None = None

    def apply(self, arguments: Sequence[Any]) -> list[Any]:
        """Return the arguments of one call."""
        if self.every is not None:
            return [self.every(argument) for argument in arguments]
        return [*(f(a) for f, a in zip(self.first, arguments, strict=False)), *arguments[len(self.first) :]]


def _as_it_is(value: Any) -> Any:
    return value


def _tuples(value: Iterable[Any]) -> list[Any]:
    return [tuple(item) for item in value]


def _tuple_of_tuples(value: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(tuple(item) for item in value)


def _tuple_of_some(value: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(tuple(item) if isinstance(item, list) else item for item in value)


def _sets(value: Iterable[Any]) -> list[Any]:
    return [set(item) if isinstance(item, list) and item else {} for item in value]


def _values_as_tuples(value: dict[Any, Any]) -> dict[Any, Any]:
    return {key: tuple(item) for key, item in value.items()}


def _all_tuples(value: Any) -> Any:
    return tuple(map(_all_tuples, value)) if isinstance(value, list) else value


_RULES = (
    Rule(
        (2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809),
        every=tuple,
    ),
    Rule((63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780), every=_tuples),
    Rule((259, 401, 445), every=_tuple_of_tuples),
    Rule((580, 615, 791), every=_all_tuples),
    Rule((75, 413, 444, 753), first=(_tuples,)),
    Rule((106, 750), first=(_as_it_is, tuple)),
    Rule((250, 307, 405, 446, 617, 720, 763, 808), first=(tuple,)),
    Rule((115,), first=(_sets,)),
    Rule((124,), first=(float, complex)),
    Rule((252,), first=(complex,)),
    Rule((278,), first=(_tuple_of_some,)),
    Rule((722,), first=(_values_as_tuples,)),
)
_BY_TASK = {task: rule for rule in _RULES for task in rule.tasks}


def restore(task_id: str, inputs: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Return the inputs of task *task_id* (``Mbpp/NUMBER``), each a call's arguments, as the task means them."""
    rule = _BY_TASK.get(int(task_id.rpartition("/")[2]))
    return list(inputs) if rule is None else [rule.apply(arguments) for arguments in inputs]
