"""Corrupted bodies are wrong, plausible and the same each time."""

from __future__ import annotations

import ast
import contextlib
import io
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from collapse_lab.tasks.corrupt import KINDS, Corruption, corrupted
from collapse_lab.tasks.pocket import PocketSource
from collapse_lab.tasks.task import Task


@pytest.fixture(scope="module")
def found() -> list[tuple[Task, Corruption]]:
    return [(task, corrupted(task, 7)) for task in PocketSource().pool("corrupt", 0, 600)]


class _TooLongError(Exception):
    pass


def _passes(task: Task, body: str) -> bool:
    """Run our own text, with a bound on its steps: an operator swapped in a loop may never end."""
    left = 200_000

    def count(frame: Any, event: str, argument: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise _TooLongError
        return count

    space: dict[str, Any] = {}
    before = sys.gettrace()
    with contextlib.redirect_stdout(io.StringIO()):
        sys.settrace(count)
        try:
            exec(compile(task.program(body), task.id, "exec"), space)
            return all(
                repr(space[task.entry_point](*ast.literal_eval(case.arguments))) == case.expected
                for case in task.hidden
            )
        except Exception:
            return False
        finally:
            sys.settrace(before)


def test_every_kind_occurs(found: list[tuple[Task, Corruption]]) -> None:
    assert {corruption.kind for _, corruption in found} == set(KINDS)


def test_the_body_differs_and_only_a_slip_of_syntax_does_not_parse(found: list[tuple[Task, Corruption]]) -> None:
    for task, corruption in found:
        assert corruption.body != task.reference
        try:
            ast.parse(task.program(corruption.body))
            parses = True
        except SyntaxError:
            parses = False
        assert parses == (corruption.kind != "syntax"), corruption.body


def test_nearly_all_fail_the_hidden_cases(found: list[tuple[Task, Corruption]]) -> None:
    passed = Counter(corruption.kind for task, corruption in found if _passes(task, corruption.body))
    counts = Counter(corruption.kind for _, corruption in found)
    assert not {"operation", "no-return", "syntax"} & set(passed)
    assert sum(passed.values()) < 0.05 * len(found)
    assert passed["off-by-one"] < 0.25 * counts["off-by-one"]


def test_the_seed_decides(found: list[tuple[Task, Corruption]]) -> None:
    task, corruption = found[0]
    assert corrupted(task, 7) == corruption
    assert len({corrupted(task, seed).body for seed in range(20)}) > 5


def test_other_sources_tasks_are_corrupted_too(found: list[tuple[Task, Corruption]]) -> None:
    task = replace(found[0][0], family="elsewhere", operations=())
    assert corrupted(task, 1).kind != "operation"
