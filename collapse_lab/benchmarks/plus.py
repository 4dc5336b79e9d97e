"""HumanEval+ and MBPP+ (Liu et al., arXiv 2305.01210): base and plus inputs, judged by EvalPlus's rules, outside.

A task is passed when the base inputs *and* the plus inputs are: the "+" score. Of a verdict, a ``case`` not below
``exam.base`` says that the base score alone is passed. HumanEval+'s prompt is the published one; MBPP+'s is made from
EvalPlus's docstring and the solution's parameters (``signature.py``). What a gate may see are the examples of the
prompt, where they are literals and hold exactly.

Two published forms are read: EvalPlus's own files (``base_input`` and ``plus_input``), and the Hub's tables, whose
``test`` holds the inputs in one list; all of those are called base inputs. The tables lack some inputs (272 of
124,253 and 381 of 41,015 in the versions that were compared), and some of MBPP+'s sentences say more: scores of the two
forms are of two benchmarks, as their hashes say.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field

from collapse_lab.benchmarks.examples import examples
from collapse_lab.benchmarks.mbpp import called, shown
from collapse_lab.benchmarks.rows import BenchmarkError, Row, Schema, checked
from collapse_lab.benchmarks.signature import split
from collapse_lab.execution.evalplus import Dataset, PlusExam, general, oracle, plus_exam
from collapse_lab.tasks.task import Case, Task


class Problem(Schema):
    """A row of HumanEvalPlus-VERSION.jsonl or MbppPlus-VERSION.jsonl."""

    task_id: str
    prompt: str
    entry_point: str
    canonical_solution: str
    base_input: list[list[Any]]
    plus_input: list[list[Any]] | dict[str, Any]
    """``{}`` stands for none in one task."""
    atol: float


class HumanEvalTable(Schema):
    """A row of the Hub's evalplus/humanevalplus."""

    task_id: str
    prompt: str
    entry_point: str
    canonical_solution: str
    test: str


class MbppTable(Schema):
    """A row of the Hub's evalplus/mbppplus."""

    task_id: int
    prompt: str
    code: str
    test_list: list[str] = Field(min_length=1)
    test: str


def human_eval_plus(rows: Iterable[Row]) -> Iterator[Task]:
    """Yield a task a row of HumanEval+. Raises ``BenchmarkError`` for a row of another form."""
    for row in rows:
        if "base_input" in row.fields:
            problem: Problem | HumanEvalTable = checked(row, Problem)
            exam = _published("humaneval", row)
        else:
            problem = table = checked(row, HumanEvalTable)
            solution = table.prompt + table.canonical_solution
            exam = _exam("humaneval", row.place, problem.task_id, problem.entry_point, solution, table.test)
        yield Task(
            id=problem.task_id,
            prompt=problem.prompt,
            entry_point=problem.entry_point,
            reference=problem.canonical_solution,
            visible=_holding("humaneval", problem.entry_point, examples(problem.prompt, problem.entry_point)),
            hidden=(),
            stratum="middle",
            family="humaneval-plus",
            exam=exam,
        )


def mbpp_plus(rows: Iterable[Row]) -> Iterator[Task]:
    """Yield a task a row of MBPP+. Raises ``BenchmarkError`` for a row of another form."""
    for row in rows:
        if "base_input" in row.fields:
            problem = checked(row, Problem)
            name, entry_point, code = problem.task_id, problem.entry_point, problem.canonical_solution
            docstring = problem.prompt.strip().strip('"').strip()
            exam = _published("mbpp", row)
        else:
            table = checked(row, MbppTable)
            name, code = f"Mbpp/{table.task_id}", table.code
            entry_point = called(code, "\n".join(table.test_list)) or ""
            docstring = f"{table.prompt}\n{table.test_list[0]}"
            exam = _exam("mbpp", row.place, name, entry_point, code, table.test)
        text, _, assertion = docstring.rpartition("\n")
        parts = split(code, entry_point, f"{text.strip()}\n\n{assertion.strip()}")
        if parts is None:
            raise BenchmarkError(f"{row.place}: the solution does not define {entry_point or 'what is tested'} once.")
        yield Task(
            id=name,
            prompt=parts[0],
            entry_point=entry_point,
            reference=parts[1],
            visible=_holding("mbpp", entry_point, shown(assertion, entry_point)),
            hidden=(),
            stratum="middle",
            family="mbpp-plus",
            exam=exam,
        )


def _holding(dataset: Dataset, entry_point: str, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Return the cases of a function that has one right value for each input: a rule of its own allows others."""
    return cases if oracle(dataset, entry_point) is general else ()


def _published(dataset: Dataset, row: Row) -> PlusExam:
    try:
        return plus_exam(dataset, row.fields)
    except (ValueError, TypeError, AttributeError) as error:
        raise BenchmarkError(f"{row.place}: its inputs are not those of a task of that name: {error}.") from error


def _exam(dataset: Dataset, place: str, name: str, entry_point: str, solution: str, test: str) -> PlusExam:
    """Return the exam of a task whose inputs and tolerance stand in the program that tests it."""
    inputs: Any = None
    tolerance = 0.0
    try:
        for node in ast.walk(_Infinite().visit(ast.parse(test))):
            match node:
                case ast.Assign(targets=[ast.Name(id="inputs")], value=value):
                    inputs = ast.literal_eval(value)
                case ast.Call(func=ast.Name(id="assertion"), args=[_, _, value]):
                    tolerance = float(ast.literal_eval(value))
                case ast.Assert(test=ast.Compare(ops=[ast.LtE()], comparators=[ast.Constant(value=float(value))])):
                    tolerance = value
    except (SyntaxError, ValueError, TypeError, RecursionError) as error:
        raise BenchmarkError(f"{place}: test: its inputs cannot be read: {error}.") from error
    if not inputs:
        raise BenchmarkError(f"{place}: test: it has no list of `inputs`.")
    digest = hashlib.sha256("\0".join((dataset, name, solution, test)).encode()).hexdigest()
    rule = oracle(dataset, entry_point)
    return PlusExam(name, entry_point, solution, inputs, len(inputs), tolerance, rule, digest)


class _Infinite(ast.NodeTransformer):
    """``inf`` and ``nan``, which those tests import, as the floats that they are."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Constant(float(node.id)) if node.id in ("inf", "nan") else node
