"""HumanEval (Chen et al., arXiv 2107.03374): 164 functions; the prompt is the published one.

Its tests are programs that assert beside the answer. 150 of the 164 are plain assertions and become cases, so that
nothing the answer does can make a wrong value right; the other 14 run as published, **in the answer's process**.
A case asks no more than its assertion, with one difference: values of the answer's own classes equal nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from collapse_lab.benchmarks.asserts import cases_of
from collapse_lab.benchmarks.examples import examples
from collapse_lab.benchmarks.parsing import parsed
from collapse_lab.benchmarks.rows import Row, Schema, checked
from collapse_lab.execution.exam import Appended
from collapse_lab.tasks.task import Case, Task


class Problem(Schema):
    """A row of HumanEval.jsonl."""

    task_id: str
    prompt: str
    entry_point: str
    canonical_solution: str
    test: str


def tasks(rows: Iterable[Row]) -> Iterator[Task]:
    """Yield a task a row. Raises ``BenchmarkError`` for a row that is none of HumanEval's."""
    for row in rows:
        problem = checked(row, Problem)
        cases = plain(problem.test)
        yield Task(
            id=problem.task_id,
            prompt=problem.prompt,
            entry_point=problem.entry_point,
            reference=problem.canonical_solution,
            visible=examples(problem.prompt, problem.entry_point),
            hidden=cases,
            stratum="middle",
            family="humaneval",
            exam=None if cases else Appended(f"{problem.test}\ncheck({problem.entry_point})"),
        )


def plain(test: str) -> tuple[Case, ...]:
    """Return the cases of a ``check`` function that only makes plain assertions; none for any other."""
    tree = parsed(test)
    for node in tree.body if tree else ():
        match node:
            case ast.FunctionDef(name="check", args=ast.arguments(args=[ast.arg(arg=candidate)]), body=body):
                return cases_of(body, candidate) or ()
    return ()
