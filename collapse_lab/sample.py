"""A model's answer to a task, and the tables that stages hand to each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from collapse_lab.tasks.task import Task
from gates.change import Change, MemorySnapshot

SOLUTION = "solution.py"
TESTS = "test_solution.py"


def seed_of(*parts: str | int) -> int:
    """Return a 63-bit seed for what *parts* name: the same in every process, unrelated for other parts."""
    text = "\0".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion of one task.

    ``seed`` decided every random choice in it. ``tokens`` counts the completion's tokens with the final stop;
    ``stopped`` is false where the length cap cut it off.
    """

    id: str
    task: str
    completion: str
    tokens: int
    stopped: bool
    seed: int

    def as_row(self) -> dict[str, Any]:
        """Return the sample as a row of a table."""
        return asdict(self)


def change_of(task: Task, sample: Sample) -> Change:
    """Return the sample as a change: base = the prompt with a body that raises, head = the completed file.

    There is nothing else in either tree: what the completion wrote is all that gates see as written, and tools can
    take many samples in one run. The visible tests stand beside the change (``self_gates.prepared``); on a body that
    raises they would fail, and tests that fail on the base judge nothing. A task that asks for no function (a part of
    a file, continued) may end anywhere, so no body makes a module of it: there the whole file is new.
    """
    base = {SOLUTION: stub(task)} if task.entry_point else {}
    return Change.between(MemorySnapshot.of(base), _head(task, sample, {}), sample.id)


def reviewable(task: Task, sample: Sample) -> Change:
    """Return the sample as `exogate review` would meet it: base = the reference with the visible tests as a pytest
    module; head = the same with the sample in the reference's place."""
    tests = {TESTS: test_module(task).encode()}
    base = MemorySnapshot.of({SOLUTION: task.program(task.reference), **tests})
    return Change.between(base, _head(task, sample, tests), sample.id)


def _head(task: Task, sample: Sample, others: Mapping[str, bytes]) -> MemorySnapshot:
    return MemorySnapshot.of({SOLUTION: task.program(sample.completion).encode("utf-8", "surrogatepass"), **others})


def stub(task: Task) -> str:
    """Return the prompt with a body that only raises, so that the base is a whole module."""
    return f"{task.prompt}    raise NotImplementedError\n"


def test_module(task: Task) -> str:
    """Return the visible cases as a pytest module, one test a case."""
    lines = ["import math", "", f"from solution import {task.entry_point}", ""]
    for number, case in enumerate(task.visible):
        lines += ["", f"def test_case_{number}() -> None:", *_assertion(task.entry_point, case)]
    return "\n".join(lines) + "\n"


def _assertion(entry_point: str, case: Any) -> Iterable[str]:
    call = f"{entry_point}(*{case.arguments})"
    if case.tolerance:
        yield f"    assert math.isclose({call}, {case.expected}, rel_tol={case.tolerance}, abs_tol={case.tolerance})"
    else:
        yield f"    assert {call} == {case.expected}"
