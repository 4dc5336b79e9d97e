"""LiveCodeBench (Jain et al., arXiv 2403.07974) with the verdicts of its own runner, compared outside.

The runner compares within the answer's process; here the answer gives back what it returned or printed, and the rules
are applied to that outside. A *functional* task is a call: a tuple counts as the list of its items, and nothing is
near. A *stdin* task is a program's input and output: compared line by line without the spaces around, and where lines
differ, as rows of decimal numbers. As there, answers find the usual modules imported, and a deeper recursion allowed.

Differences: time is processor time, of all tests together (there: six seconds for each); values of the answer's own
classes equal nothing; standard input also has its ``buffer`` here.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from collapse_lab.execution.harness import Job
from collapse_lab.execution.inside import values
from collapse_lab.execution.observation import Observation
from collapse_lab.execution.outcome import Limits

LIMITS = Limits(cpu_seconds=60.0, memory_mib=4096, output_kib=10_240, file_kib=64)
"""The runner gives six seconds to each test, and no limit of memory."""

_STARRED = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics", "itertools",
    "functools", "operator", "io", "sys", "json", "builtins", "typing",
)  # fmt: skip
_IMPORTED = tuple(name for name in _STARRED if name not in ("builtins", "typing"))
# One line for each, in the runner's order: a later name hides an earlier one.
_BEFORE = "\n".join([
    *(f"from {name} import *" for name in _STARRED),
    *(f"import {name}" for name in _IMPORTED),
    "sys.setrecursionlimit(50_000)",
    "",
])  # fmt: skip
_PRINTED = "__exogate_printed"
_AFTER = f"""

def {_PRINTED}(text):
    import io, sys
    printed = io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogatepass")), "utf-8")
    out = sys.stdout = io.TextIOWrapper(printed, "utf-8")
    try:
        main()
    except SystemExit:
        pass
    out.flush()
    return printed.getvalue().decode("utf-8", "replace")
"""


@dataclass(frozen=True, slots=True)
class Test:
    """One test: a call's arguments and value, each as JSON and each argument on its own line; or input and output."""

    input: str
    output: str


class _Exam:
    """What both kinds share. *tests* reads the tests when the first answer is judged; they may be large."""

    def __init__(self, identity: str, tests: Callable[[], Sequence[Test]]) -> None:
        self._identity, self._read = identity, tests

    @property
    def identity(self) -> str:
        """The rules' name, and what the task is."""
        return f"{type(self).__name__} {self._identity}"

    @cached_property
    def _tests(self) -> Sequence[Test]:
        return self._read()

    def lesson(self) -> None:
        """Return ``None``: the expected values are in the file."""

    def learn(self, seen: Observation) -> None:
        """Do nothing."""


class FunctionalExam(_Exam):
    """The function *entry_point* is called once a test."""

    def __init__(self, identity: str, tests: Callable[[], Sequence[Test]], entry_point: str) -> None:
        super().__init__(identity, tests)
        self._entry_point = entry_point

    def job(self, source: str) -> Job:
        """Return the calls of the function."""
        return Job(_BEFORE + source, self._entry_point, self._calls)

    def right(self, number: int, report: bytes) -> bool:
        """Return whether the value is the one expected, or a tuple in the place of that list."""
        expected, nodes = self._expected[number]
        try:
            found = values.decode(report, nodes)
        except values.MalformedError:
            return False
        return bool((list(found) if isinstance(found, tuple) else found) == expected)

    @cached_property
    def _calls(self) -> tuple[bytes, ...]:
        return tuple(marshal.dumps(arguments(test)) for test in self._tests)

    @cached_property
    def _expected(self) -> list[tuple[Any, int]]:
        wanted = [json.loads(test.output) for test in self._tests]
        return [(value, values.nodes(value)) for value in wanted]


class PrintedExam(_Exam):
    """The function ``main`` is called once a test, with the input as standard input; what it prints is judged."""

    def job(self, source: str) -> Job:
        """Return the calls that give ``main`` its input and return its output."""
        return Job(_BEFORE + source + _AFTER, _PRINTED, self._calls)

    def right(self, number: int, report: bytes) -> bool:
        """Return whether the output is the expected one, line by line."""
        try:
            found = values.decode(report, 1)
        except values.MalformedError:
            return False
        expected = self._tests[number].output
        # Of an output larger than a report may be, only its digest is known.
        return same_lines(found, expected) if isinstance(found, str) else bool(found == expected)

    @cached_property
    def _calls(self) -> tuple[bytes, ...]:
        return tuple(marshal.dumps((test.input,)) for test in self._tests)


def arguments(test: Test) -> tuple[Any, ...]:
    """Return the arguments of a functional test."""
    return tuple(json.loads(line) for line in test.input.split("\n"))


def same_lines(found: str, expected: str) -> bool:
    """Return whether two outputs are the same, but for spaces around lines and how numbers are written."""
    ours, theirs = ([line.strip() for line in text.strip().split("\n")] for text in (found, expected))
    return len(ours) == len(theirs) and all(
        one == other or _same_numbers(one, other) for one, other in zip(ours, theirs, strict=True)
    )


def _same_numbers(one: str, other: str) -> bool:
    try:
        return [Decimal(word) for word in one.split()] == [Decimal(word) for word in other.split()]
    except InvalidOperation:
        return False
