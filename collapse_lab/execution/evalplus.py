"""HumanEval+ and MBPP+ (Liu et al., arXiv 2305.01210) with the verdicts of EvalPlus 0.3.1, compared outside.

EvalPlus compares within the candidate's process; here the candidate returns values, and its rules are applied to
those outside: equality, ``numpy.allclose`` (relative 1e-7) where the problem has an absolute tolerance or expects
floats, and an oracle of their own for a few tasks. The expected values are what the canonical solution returns, run in
the sandbox as well. Where EvalPlus runs base and plus inputs in two processes, here the program is loaded anew.

Three differences: values of types other than the built-in ones equal nothing (to EvalPlus a ``dict_keys`` may equal a
set); time is processor time, of all inputs together; and HumanEval/32 is judged by its oracle, where EvalPlus 0.3.1
leaves its loop before it has counted the input, and so fails every solution of it, the canonical one included.
"""

from __future__ import annotations

import marshal
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from collapse_lab.execution.harness import Harness, Job
from collapse_lab.execution.inside import values
from collapse_lab.execution.mbpp_inputs import restore
from collapse_lab.execution.observation import Observation
from collapse_lab.execution.outcome import Limits

Dataset = Literal["humaneval", "mbpp"]

LIMITS = Limits(cpu_seconds=30.0, memory_mib=4096, output_kib=10_240, file_kib=64)
"""EvalPlus gives a second or more to each input and a minute to all, and 4 GiB of memory."""

_NOT_NONE = frozenset({"check_str", "text_match_three", "text_starta_endb"})
_AS_SETS = frozenset({
    "similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum",
    "intersection_array", "find_dissimilar", "Diff",
})  # fmt: skip
_FLOAT_TOLERANCE = 1e-6
_RELATIVE = 1e-7
# A list that is compared as a set may be longer than the expected one, but a report ends somewhere.
_SET_NODES = 100_000


@dataclass(frozen=True, slots=True)
class PlusVerdict:
    """Whether the base inputs gave what is expected, and whether those and the plus inputs did: the "+" score."""

    base: bool
    plus: bool


@dataclass(frozen=True, slots=True)
class _Call:
    """One input: its arguments, and what is expected of it.

    ``same`` is the expected value's encoded form where a report equal to it settles the matter (it does not with
    NaN in it, which EvalPlus never accepts).
    """

    arguments: Sequence[Any]
    expected: Any
    tolerance: float
    nodes: int
    same: bytes | None


Oracle = Callable[[_Call, Any], bool]


@dataclass(frozen=True, slots=True)
class _Reference:
    """A problem's calls, the base's first, and how many of them are the base's."""

    calls: tuple[_Call, ...]
    marshalled: tuple[bytes, ...]
    base: int


class EvalPlus:
    """The problems of one data set with their expected values, which are computed once, when it is made.

    *problems* are rows of the data set's JSONL file, as parsed. *harness* should have ``LIMITS``. Raises
    ``ValueError`` where a canonical solution does not return a value for each input.
    """

    def __init__(self, dataset: Dataset, problems: Sequence[Mapping[str, Any]], harness: Harness) -> None:
        self._dataset, self._harness = dataset, harness
        self._problems = {str(problem["task_id"]): problem for problem in problems}
        inputs = {name: self._inputs(problem) for name, problem in self._problems.items()}
        self._references = {
            name: _Reference((), tuple(marshal.dumps(tuple(call)) for call in calls), len(problem["base_input"]))
            for (name, calls), problem in zip(inputs.items(), problems, strict=True)
        }
        canonical = [(n, self.solution(n, problem["canonical_solution"])) for n, problem in self._problems.items()]
        for name, seen in zip(inputs, harness.observe(self.jobs(canonical)), strict=True):
            calls = _calls(dataset, self._problems[name], inputs[name], seen)
            self._references[name] = replace(self._references[name], calls=calls)

    def solution(self, task_id: str, completion: str) -> str:
        """Return the whole file that a completion makes."""
        return f"{self._problems[task_id]['prompt']}{completion}"

    def judge(self, samples: Sequence[tuple[str, str]]) -> list[PlusVerdict]:
        """Return a verdict for each (task id, whole source file), in order."""
        return self._harness.each(self.jobs(samples), lambda n, seen: self._verdict(samples[n][0], seen))

    def jobs(self, samples: Sequence[tuple[str, str]]) -> list[Job]:
        """Return what is run for samples as ``judge`` takes them."""
        return [
            Job(source, self._problems[name]["entry_point"], reference.marshalled, reference.base)
            for name, source in samples
            for reference in [self._references[name]]
        ]

    def _inputs(self, problem: Mapping[str, Any]) -> list[Sequence[Any]]:
        inputs = [*problem["base_input"], *problem["plus_input"]]
        return restore(problem["task_id"], inputs) if self._dataset == "mbpp" else inputs

    def _verdict(self, name: str, seen: Observation) -> PlusVerdict:
        reference, oracle = self._references[name], _oracle(self._dataset, self._problems[name]["entry_point"])
        right = 0
        for call, value in zip(reference.calls, seen.values, strict=False):
            if value != call.same and not _agree(oracle, call, value):
                break
            right += 1
        return PlusVerdict(right >= reference.base, seen.ending is None and right == len(reference.calls))


def _calls(
    dataset: Dataset, problem: Mapping[str, Any], inputs: Sequence[Sequence[Any]], seen: Observation
) -> tuple[_Call, ...]:
    """Return the calls of one part with what the canonical solution returned."""
    if seen.ending is not None:
        raise ValueError(
            f"The canonical solution of {problem['task_id']} does not return a value for each input: it ended "
            f"with {seen.exception or seen.ending} after {len(seen.values)} of {len(inputs)}."
        )
    entry_point, tolerance = problem["entry_point"], float(problem["atol"])
    oracle, calls = _oracle(dataset, entry_point), []
    for number, (arguments, value) in enumerate(zip(inputs, seen.values, strict=True)):
        if number == len(problem["base_input"]):
            tolerance = float(problem["atol"])
        expected = values.decode(value)
        if entry_point in _NOT_NONE:
            expected = expected is not None
        if tolerance == 0 and _is_floats(expected):
            # EvalPlus keeps this tolerance for all inputs of the part that follow.
            tolerance = _FLOAT_TOLERANCE
        nodes = _SET_NODES if entry_point in _AS_SETS else values.nodes(expected)
        call = _Call(arguments, expected, tolerance, nodes, None)
        same = value if _agree(oracle, call, value) else None
        calls.append(_Call(arguments, expected, tolerance, nodes, same))
    return tuple(calls)


def _agree(oracle: Oracle, call: _Call, report: bytes) -> bool:
    """Ask the oracle. What fails in EvalPlus with an exception fails here, too."""
    try:
        return oracle(call, values.decode(report, call.nodes))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return False


def _oracle(dataset: Dataset, entry_point: str) -> Oracle:
    if dataset == "humaneval":
        return _find_zero if entry_point == "find_zero" else _general
    if entry_point in _AS_SETS:
        return _as_sets
    if entry_point in _NOT_NONE:
        return _not_none
    return _MBPP.get(entry_point, _general)


def _general(call: _Call, found: Any, *, exact: bool | None = None) -> bool:
    if bool(found == call.expected) if exact is None else exact:
        return True
    if call.tolerance == 0 or type(found) is not type(call.expected):
        return False
    if isinstance(found, (list, tuple)) and len(found) != len(call.expected):
        return False
    import numpy as np

    return bool(np.allclose(found, call.expected, rtol=_RELATIVE, atol=call.tolerance))


def _find_zero(call: _Call, found: Any) -> bool:
    """HumanEval/32: a root of the polynomial, whichever."""
    (coefficients,) = call.arguments
    total: float = sum(c * math.pow(found, power) for power, c in enumerate(coefficients))
    return abs(total) <= call.tolerance


def _as_sets(call: _Call, found: Any) -> bool:
    return _general(call, found, exact=set(found) == set(call.expected))


def _not_none(call: _Call, found: Any) -> bool:
    exact = found == call.expected if isinstance(found, bool) else call.expected == (found is not None)
    return _general(call, found, exact=exact)


def _sum_div(call: _Call, found: Any) -> bool:
    return _general(call, found, exact=found in (call.expected, 0))


def _surface(call: _Call, found: Any) -> bool:
    """Mbpp/581: the height may be that of the pyramid instead of its sides'."""
    edge, height = call.arguments
    slant = math.sqrt((edge / 2) ** 2 + height**2)
    exact = found == call.expected or abs(found - round(edge**2 + 2 * edge * slant)) <= call.tolerance
    return _general(call, found, exact=exact)


def _digit_distance(call: _Call, found: Any) -> bool:
    """Mbpp/558: the distance between the numbers, or digit by digit."""
    one, other = map(str, call.arguments)
    width = max(len(one), len(other))
    if found == call.expected:
        return True
    digits = zip(one.zfill(width), other.zfill(width), strict=True)
    return _general(call, found, exact=found == sum(abs(int(a) - int(b)) for a, b in digits))


_MBPP: dict[str, Oracle] = {
    "are_equivalent": lambda call, found: True,
    "sum_div": _sum_div,
    "surface_Area": _surface,
    "digit_distance_nums": _digit_distance,
}


def _is_floats(value: Any) -> bool:
    if isinstance(value, (list, tuple)) and value:
        return all(isinstance(item, float) for item in value)
    return isinstance(value, float)
