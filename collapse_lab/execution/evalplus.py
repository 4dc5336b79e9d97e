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

import hashlib
import json
import marshal
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from collapse_lab.execution.harness import Harness, Job
from collapse_lab.execution.inside import values
from collapse_lab.execution.mbpp_inputs import restore
from collapse_lab.execution.observation import Observation
from collapse_lab.execution.outcome import Limits, Program

Dataset = Literal["humaneval", "mbpp"]

LIMITS = Limits(cpu_seconds=30.0, memory_mib=4096, output_kib=10_240, file_kib=64)
"""EvalPlus gives a second or more to each input and a minute to all, and 4 GiB of memory."""

_DECIDES = ("task_id", "prompt", "canonical_solution", "entry_point", "base_input", "plus_input", "atol")
_LIMITED = " Give the study's `limits` what this benchmark needs: see collapse_lab.benchmarks.LIMITS."
_AT_LIMITS = ("timeout", "memory", "output", "killed")
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


class PlusExam:
    """One problem's inputs, the base's before the plus ones, and EvalPlus's rules for what may come back.

    *solution* is the whole file of the canonical solution; *inputs* are the arguments of each call, of which *base*
    are the base's; *identity* stands for everything the problem says. ``verdict.case`` below ``base`` is a base input.
    """

    def __init__(
        self,
        name: str,
        entry_point: str,
        solution: str,
        inputs: Sequence[Sequence[Any]],
        base: int,
        tolerance: float,
        oracle: Oracle,
        identity: str,
    ) -> None:
        self.inputs, self.base, self.tolerance = inputs, base, tolerance
        self._name, self._entry_point, self._solution, self._oracle = name, entry_point, solution, oracle
        self._identity = identity
        self._marshalled = tuple(marshal.dumps(tuple(arguments)) for arguments in inputs)
        self._calls: tuple[_Call, ...] = ()

    @property
    def identity(self) -> str:
        """The rules' version, and what the problem is."""
        return f"evalplus 0.3.1 {self._identity}"

    def job(self, source: str) -> Job:
        """Return what is run of a solution: each input, the file loaded anew before the plus ones."""
        return Job(source, self._entry_point, self._marshalled, self.base)

    def lesson(self) -> Job | None:
        """Return the canonical solution's job, until it was learnt from."""
        return None if self._calls else self.job(self._solution)

    def learn(self, seen: Observation) -> None:
        """Take what the canonical solution returned as expected."""
        if seen.ending is not None:
            ended = f"it ended with {seen.exception or seen.ending} after {len(seen.values)} of {len(self.inputs)}"
            raise ValueError(
                f"The canonical solution of {self._name} does not return a value for each input: {ended}."
                f"{_LIMITED if seen.ending in _AT_LIMITS else ''}"
            )
        tolerance, calls = self.tolerance, []
        for number, (arguments, value) in enumerate(zip(self.inputs, seen.values, strict=True)):
            if number == self.base:
                tolerance = self.tolerance
            expected = values.decode(value)
            if self._entry_point in _NOT_NONE:
                expected = expected is not None
            if tolerance == 0 and _is_floats(expected):
                # EvalPlus keeps this tolerance for all inputs of the part that follow.
                tolerance = _FLOAT_TOLERANCE
            nodes = _SET_NODES if self._entry_point in _AS_SETS else values.nodes(expected)
            call = _Call(arguments, expected, tolerance, nodes, None)
            calls.append(replace(call, same=value) if _agree(self._oracle, call, value) else call)
        self._calls = tuple(calls)

    def right(self, number: int, report: bytes) -> bool:
        """Return what EvalPlus says of a value."""
        call = self._calls[number]
        return report == call.same or _agree(self._oracle, call, report)


def plus_exam(dataset: Dataset, problem: Mapping[str, Any]) -> PlusExam:
    """Return the exam of a row of the data set's JSONL file, as parsed."""
    inputs = [*problem["base_input"], *problem["plus_input"]]
    entry_point = problem["entry_point"]
    return PlusExam(
        problem["task_id"],
        entry_point,
        f"{problem['prompt']}{problem['canonical_solution']}",
        restore(problem["task_id"], inputs) if dataset == "mbpp" else inputs,
        len(problem["base_input"]),
        float(problem["atol"]),
        oracle(dataset, entry_point),
        hashlib.sha256(json.dumps([dataset, *(problem[key] for key in _DECIDES)]).encode()).hexdigest(),
    )


class EvalPlus:
    """The problems of one data set, judged with both scores: the base inputs' and the "+" one.

    *problems* are rows of the data set's JSONL file, as parsed. *harness* should have ``LIMITS``. Raises
    ``ValueError`` where a canonical solution does not return a value for each input.
    """

    def __init__(self, dataset: Dataset, problems: Sequence[Mapping[str, Any]], harness: Harness) -> None:
        self._harness, self._prompts = harness, {str(p["task_id"]): str(p["prompt"]) for p in problems}
        self._exams = {str(problem["task_id"]): plus_exam(dataset, problem) for problem in problems}
        harness.teach(self._exams.values())

    def solution(self, task_id: str, completion: str) -> str:
        """Return the whole file that a completion makes."""
        return f"{self._prompts[task_id]}{completion}"

    def judge(self, samples: Sequence[tuple[str, str]]) -> list[PlusVerdict]:
        """Return a verdict for each (task id, whole source file), in order."""
        programs = [Program(source, "", (), self._exams[name]) for name, source in samples]
        return [
            PlusVerdict(v.passed or (v.case or 0) >= self._exams[name].base, v.passed)
            for (name, _), v in zip(samples, self._harness.judge(programs), strict=True)
        ]

    def jobs(self, samples: Sequence[tuple[str, str]]) -> list[Job]:
        """Return what is run for samples as ``judge`` takes them."""
        return [self._exams[name].job(source) for name, source in samples]


def _agree(oracle: Oracle, call: _Call, report: bytes) -> bool:
    """Ask the oracle. What fails in EvalPlus with an exception fails here, too."""
    try:
        return oracle(call, values.decode(report, call.nodes))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return False


def oracle(dataset: Dataset, entry_point: str) -> Oracle:
    """Return the rule for what a task's function may return."""
    if dataset == "humaneval":
        return _find_zero if entry_point == "find_zero" else general
    if entry_point in _AS_SETS:
        return _as_sets
    if entry_point in _NOT_NONE:
        return _not_none
    return _MBPP.get(entry_point, general)


def general(call: _Call, found: Any, *, exact: bool | None = None) -> bool:
    """The rule of most tasks: equal, or as near as the tolerance says."""
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
    return general(call, found, exact=set(found) == set(call.expected))


def _not_none(call: _Call, found: Any) -> bool:
    exact = found == call.expected if isinstance(found, bool) else call.expected == (found is not None)
    return general(call, found, exact=exact)


def _sum_div(call: _Call, found: Any) -> bool:
    return general(call, found, exact=found in (call.expected, 0))


def _surface(call: _Call, found: Any) -> bool:
    """Mbpp/581: the height may be that of the pyramid instead of its sides'."""
    edge, height = call.arguments
    slant = math.sqrt((edge / 2) ** 2 + height**2)
    exact = found == call.expected or abs(found - round(edge**2 + 2 * edge * slant)) <= call.tolerance
    return general(call, found, exact=exact)


def _digit_distance(call: _Call, found: Any) -> bool:
    """Mbpp/558: the distance between the numbers, or digit by digit."""
    one, other = map(str, call.arguments)
    width = max(len(one), len(other))
    if found == call.expected:
        return True
    digits = zip(one.zfill(width), other.zfill(width), strict=True)
    return general(call, found, exact=found == sum(abs(int(a) - int(b)) for a, b in digits))


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
