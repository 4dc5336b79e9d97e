"""MBPP (Austin et al., arXiv 2108.07732): the 500 tasks of its test split, numbers 11 to 510 of ``mbpp.jsonl``.

A file of the sanitized edition (``sanitized-mbpp.json``, 427 tasks) can be given as well; what is scored are all the
tasks of it. The prompt is made from the sentence, the first assertion and the solution's parameters
(``signature.py``). The tests are the assertions of ``test_list``: cases where they are plain, else they run as
published, in the answer's process. ``challenge_test_list`` is not scored, as it is not elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field, model_validator

from collapse_lab.benchmarks.asserts import cases_of
from collapse_lab.benchmarks.parsing import parsed
from collapse_lab.benchmarks.rows import BenchmarkError, Row, Schema, checked
from collapse_lab.benchmarks.signature import split
from collapse_lab.execution.exam import Appended
from collapse_lab.tasks.task import Case, Task

_TEST_SPLIT = range(11, 511)


class Problem(Schema):
    """A row of mbpp.jsonl, or of the sanitized edition, which says ``prompt`` for ``text``."""

    task_id: int
    text: str
    code: str
    test_list: tuple[str, ...] = Field(min_length=1)
    test_setup_code: str = ""
    test_imports: tuple[str, ...] = ()
    sanitized: bool = False

    @model_validator(mode="before")
    @classmethod
    def _named_alike(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and "text" not in fields and "prompt" in fields:
            return {**fields, "text": fields["prompt"], "sanitized": True}
        return fields


def tasks(rows: Iterable[Row]) -> Iterator[Task]:
    """Yield a task a row of the test split. Raises ``BenchmarkError`` for a row that is none of MBPP's."""
    for row in rows:
        problem = checked(row, Problem)
        if problem.sanitized or problem.task_id in _TEST_SPLIT:
            yield _task(row.place, problem)


def _task(place: str, problem: Problem) -> Task:
    tests = "\n".join(test.strip() for test in problem.test_list)
    entry_point = called(problem.code, tests)
    docstring = f"{problem.text}\n\n{problem.test_list[0].strip()}"
    cases = shown(tests, entry_point) if entry_point and not problem.test_setup_code else ()
    parts = entry_point and split(problem.code, entry_point, docstring, alone=bool(cases))
    if not entry_point or not parts:
        raise BenchmarkError(f"{place}: the solution does not define, once, a function that its tests call.")
    test = "\n".join([*problem.test_imports, problem.test_setup_code, tests])
    return Task(
        id=f"Mbpp/{problem.task_id}",
        prompt=parts[0],
        entry_point=entry_point,
        reference=parts[1],
        visible=shown(problem.test_list[0], entry_point),
        hidden=cases,
        stratum="middle",
        family="mbpp",
        exam=None if cases else Appended(test),
    )


def shown(assertions: str, entry_point: str) -> tuple[Case, ...]:
    """Return a case for each assertion; none where one of them is not plain."""
    tree = parsed(assertions.strip())
    return cases_of(tree.body, entry_point) or () if tree else ()


def called(code: str, tests: str) -> str | None:
    """Return the first function that the tests call and the solution defines."""
    solution, asserted = parsed(code), parsed(tests)
    if solution is None or asserted is None:
        return None
    own = {node.name for node in solution.body if isinstance(node, ast.FunctionDef)}
    calls = [node.func for node in ast.walk(asserted) if isinstance(node, ast.Call)]
    return next((function.id for function in calls if isinstance(function, ast.Name) and function.id in own), None)
