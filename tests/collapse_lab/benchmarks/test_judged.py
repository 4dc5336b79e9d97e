"""Real benchmarks through ``truth`` and the sandbox: their own solutions pass, other answers do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from collapse_lab.benchmarks import LIMITS, open_benchmark
from collapse_lab.benchmarks.parsing import parsed
from collapse_lab.execution.evalplus import PlusExam
from collapse_lab.execution.exam import Appended
from collapse_lab.execution.harness import Harness
from collapse_lab.execution.outcome import Limits, Program, Verdict
from collapse_lab.sample import Sample, change_of
from collapse_lab.stages.truth import truth
from collapse_lab.study import BenchmarkChoice
from collapse_lab.tasks.task import Task
from tests.collapse_lab.execution.benchdata import file
from tests.collapse_lab.execution.faults import faulty
from tests.collapse_lab.execution.test_adapters import SLOW

pytestmark = pytest.mark.sandbox

FILES = {
    "humaneval": "HumanEval.jsonl.gz",
    "mbpp": "mbpp.jsonl.gz",
    "humaneval-plus": "HumanEvalPlus.jsonl.gz",
    "mbpp-plus": "MbppPlus.jsonl.gz",
}
TABLES = {"humaneval-plus": "HumanEvalPlus-OriginFmt.jsonl.gz", "mbpp-plus": "MbppPlus-OriginFmt.jsonl.gz"}
# Every so-manyth task is judged here; `python -m tests.collapse_lab.benchmarks.parity` judges all.
STEP = {"humaneval": 1, "mbpp": 5, "humaneval-plus": 8, "mbpp-plus": 12}


def opened(name: Any, names: dict[str, str] = FILES) -> tuple[Task, ...]:
    return open_benchmark(BenchmarkChoice(name=name, path=str(file(names[name])))).tasks


def some(name: str) -> list[Task]:
    return [task for task in opened(name)[:: STEP[name]] if task.id not in SLOW]


def judged(name: str, tasks: Sequence[Task], completion: Callable[[Task], str]) -> list[Verdict]:
    samples = [Sample(task.id, task.id, completion(task), 1, True, 0) for task in tasks]
    with Harness(2, LIMITS[name]) as harness:
        return truth(tasks, samples, harness.judge)


def _failing(tasks: Iterable[Task], verdicts: Iterable[Verdict]) -> list[tuple[str, Verdict]]:
    return [(task.id, verdict) for task, verdict in zip(tasks, verdicts, strict=True) if not verdict.passed]


@pytest.mark.parametrize("name", FILES)
def test_their_own_solutions_pass(name: str) -> None:
    tasks = some(name)
    assert _failing(tasks, judged(name, tasks, lambda task: task.reference)) == []


@pytest.mark.parametrize("name", FILES)
def test_nothing_and_leaving_and_lies_do_not_pass(name: str) -> None:
    tasks = [task for task in some(name)[:40] if task.exam is None or not isinstance(task.exam, Appended)]
    tasks = [task for task in tasks if task.entry_point != "are_equivalent"]  # EvalPlus takes anything there
    for body in (
        "    return None\n",
        "    raise SystemExit(0)\n",
        "    class L:\n        def __eq__(self, other): return True\n    return L()\n",
    ):
        passing = [task.id for task, v in zip(tasks, judged(name, tasks, lambda _, b=body: b), strict=True) if v.passed]  # type: ignore[misc]
        # A function that is right to return None sometimes is asked for more than that.
        assert passing == []


def test_faults_are_seen_and_some_by_the_plus_inputs_alone() -> None:
    tasks = some("humaneval-plus")
    faults = [(task, text) for task in tasks for text in faulty(task.program(task.reference), 3)]
    verdicts = judged_texts("humaneval-plus", faults)
    exams = [task.exam for task, _ in faults]
    plus_only = [
        v for v, exam in zip(verdicts, exams, strict=True)
        if isinstance(exam, PlusExam) and v.case is not None and v.case >= exam.base
    ]  # fmt: skip
    assert sum(v.passed for v in verdicts) < len(verdicts) / 3
    assert plus_only


def judged_texts(name: str, texts: Sequence[tuple[Task, str]]) -> list[Verdict]:
    """Judge whole files: each stands after the right one, and its function counts, since it is defined last."""
    answers = iter(text for _, text in texts)
    return judged(name, [task for task, _ in texts], lambda task: f"{task.reference}\n{next(answers)}")


@pytest.mark.parametrize("name", FILES)
def test_what_a_gate_sees_holds_for_their_own_solutions(name: str) -> None:
    tasks = [task for task in opened(name) if task.visible and task.id not in SLOW]
    with Harness(2, Limits(cpu_seconds=5.0)) as harness:
        verdicts = harness.judge([Program(t.program(t.reference), t.entry_point, t.visible) for t in tasks])
    assert _failing(tasks, verdicts) == []
    assert len(tasks) > {"humaneval": 120, "humaneval-plus": 110, "mbpp": 480, "mbpp-plus": 330}[name]


@pytest.mark.parametrize("name", FILES)
def test_each_task_is_a_function_to_complete(name: str) -> None:
    tasks = opened(name)
    assert len(tasks) == {"humaneval": 164, "mbpp": 500, "humaneval-plus": 164, "mbpp-plus": 378}[name]
    for task in tasks:
        assert task.tested
        assert task.prompt.endswith('"""\n') or task.prompt.endswith("'''\n")
        assert parsed(task.program(task.reference)) is not None
        assert change_of(task, Sample("s", task.id, task.reference, 1, True, 0)).files
        assert task.operations
    sizes = [sum(task.stratum == stratum for task in tasks) for stratum in ("head", "middle", "tail")]
    assert max(sizes) - min(sizes) <= 1


def test_most_of_human_evals_oracles_are_outside() -> None:
    inside = [task.id for task in opened("humaneval") if task.exam is not None]
    assert len(inside) == 14
    assert [task.id for task in opened("mbpp") if task.exam is not None] == ["Mbpp/367"]


@pytest.mark.parametrize("name", TABLES)
def test_the_hubs_tables_ask_the_same(name: str) -> None:
    """Both published forms are read alike, but for the inputs that a table lacks or writes otherwise."""
    lacking = 0
    for ours, theirs in zip(opened(name), opened(name, TABLES), strict=True):
        assert (ours.id, ours.entry_point, ours.visible) == (theirs.id, theirs.entry_point, theirs.visible)
        assert isinstance(ours.exam, PlusExam)
        assert isinstance(theirs.exam, PlusExam)
        assert ours.exam.tolerance == theirs.exam.tolerance
        lacking += len(ours.exam.inputs) - len(theirs.exam.inputs)
        here = iter(repr(tuple(arguments)) for arguments in ours.exam.inputs)
        # Complex numbers, which JSON does not have, are not the same in both.
        assert ours.id in {"Mbpp/124", "Mbpp/252"} or all(repr(tuple(a)) in here for a in theirs.exam.inputs)
    assert lacking == {"humaneval-plus": 272, "mbpp-plus": 381}[name]


def test_a_benchmarks_own_solution_runs_once() -> None:
    task = next(task for task in opened("humaneval-plus") if task.id == "HumanEval/1")
    assert isinstance(task.exam, PlusExam)
    judged("humaneval-plus", [task], lambda task: task.reference)
    assert task.exam.lesson() is None


def test_limits_that_are_too_low_for_the_benchmark_are_named() -> None:
    (task,) = (task for task in opened("humaneval-plus") if task.id == "HumanEval/36")
    with (
        Harness(1, Limits(cpu_seconds=0.05)) as harness,
        pytest.raises(ValueError, match=r"HumanEval/36.*timeout.*LIMITS"),
    ):
        truth([task], [Sample("s", task.id, task.reference, 1, True, 0)], harness.judge)
