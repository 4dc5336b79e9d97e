"""HumanEval+ and MBPP+ by ``truth`` and by EvalPlus itself, on the same answers: what they say alike, and where not.

`python -m tests.collapse_lab.benchmarks.parity` prints the table, over all tasks but the 20 whose inputs take seconds
(their own solutions pass here; the wall clock of EvalPlus decides too much there). EvalPlus 0.3.1 runs inside the
sandbox only; its environment is installed for the occasion, or named by ``BENCH_EVALUATORS`` (its Python).

The answers to a task: the canonical solution, two faults in it, a body that returns nothing, one that leaves, one
that returns a value that equals everything; to every fortieth, one that never ends. Two differences have names:
"lie" (EvalPlus compares in the answer's process and believes that value; here it equals nothing) and "HumanEval/32"
(EvalPlus 0.3.1 fails every answer to it, its own included; here its oracle decides).
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from collapse_lab.benchmarks import LIMITS, open_benchmark
from collapse_lab.execution.evalplus import PlusExam
from collapse_lab.execution.harness import Harness
from collapse_lab.sample import Sample
from collapse_lab.stages.truth import truth
from collapse_lab.study import BenchmarkChoice
from collapse_lab.tasks.task import Task
from tests.benchmarks.execution import evaluators, reference
from tests.collapse_lab.execution.benchdata import file, rows
from tests.collapse_lab.execution.faults import faulty
from tests.collapse_lab.execution.test_adapters import SLOW

Name = Literal["humaneval-plus", "mbpp-plus"]
FILES: Mapping[Name, tuple[str, str]] = {
    "humaneval-plus": ("humaneval", "HumanEvalPlus.jsonl.gz"),
    "mbpp-plus": ("mbpp", "MbppPlus.jsonl.gz"),
}
BODIES = {
    "nothing": "    return None\n",
    "leaves": "    raise SystemExit(0)\n",
    "lie": "    class Any:\n        def __eq__(self, other): return True\n    return Any()\n",
}
_FAULTS = 2
_LOOP, _LOOPS = "    while True: pass\n", 40
# An input may take so long at least; a busy machine must not turn that into a verdict.
_SECONDS = 4.0
# And all inputs together, here. Their own solutions take less than a second.
_TOGETHER = 8.0


@dataclass(frozen=True)
class Answer:
    """An answer of a kind, and what both say of it: whether the base inputs pass, and whether all do."""

    task: Task
    kind: str
    completion: str
    ours: tuple[bool, bool] = (False, False)
    theirs: tuple[bool, bool] = (False, False)

    @property
    def difference(self) -> str:
        """Return the name of the difference; empty where there is none, ``unnamed`` where it has none."""
        if self.ours == self.theirs:
            return ""
        if self.kind == "lie" and self.ours == (False, False):
            return "lie"
        return self.task.id if self.task.id == "HumanEval/32" and self.theirs == (False, False) else "unnamed"


def answers(tasks: Sequence[Task]) -> Iterator[Answer]:
    """Yield the answers."""
    for number, task in enumerate(tasks):
        yield Answer(task, "canonical", task.reference)
        # The faulty function comes after the right one, and counts, since it is defined last.
        for text in faulty(task.program(task.reference), _FAULTS):
            yield Answer(task, "fault", f"{task.reference}\n{text}")
        yield from (Answer(task, kind, body) for kind, body in BODIES.items())
        if number % _LOOPS == 0:
            yield Answer(task, "never ends", _LOOP)


def judged(name: Name, tasks: Sequence[Task], python: Path) -> list[Answer]:
    """Return the answers to some tasks with both verdicts."""
    limits = LIMITS[name].model_copy(update={"cpu_seconds": _TOGETHER})
    given = list(answers(tasks))
    samples = [Sample(str(n), a.task.id, a.completion, 1, True, 0) for n, a in enumerate(given)]
    with Harness(2, limits) as harness:
        ours = truth([a.task for a in given], samples, harness.judge)
    kind, data = FILES[name]
    wanted = {task.id for task in tasks}
    problems = [row for row in rows(data) if row["task_id"] in wanted]
    texts = [(a.task.id, a.task.program(a.completion)) for a in given]
    _, theirs = reference(kind, problems, texts, python, _SECONDS)
    return [
        replace(a, ours=(v.passed or (v.case or 0) >= _base(a.task), v.passed), theirs=(other[0], other[1]))
        for a, v, other in zip(given, ours, theirs, strict=True)
    ]


def _base(task: Task) -> int:
    assert isinstance(task.exam, PlusExam)
    return task.exam.base


def tasks(name: Name) -> list[Task]:
    """Return a benchmark's tasks but those whose own solution takes seconds."""
    every = open_benchmark(BenchmarkChoice(name=name, path=str(file(FILES[name][1])))).tasks
    return [task for task in every if task.id not in SLOW]


def installed() -> Path | None:
    """Return the Python of an environment that has EvalPlus already."""
    if named := os.environ.get("BENCH_EVALUATORS"):
        return Path(named)
    return Path(sys.executable) if importlib.util.find_spec("evalplus") else None


def table(name: Name, given: Sequence[Answer]) -> str:
    """Return a benchmark's row: answers, verdicts alike, named differences, and how many answers pass."""
    differences: Counter[str] = Counter(a.difference for a in given)
    alike = differences.pop("", 0)
    named = ", ".join(f"{count} {what}" for what, count in sorted(differences.items())) or "none"
    honest = [answer for answer in given if answer.kind != "lie"]
    passed = [sum(verdicts) for verdicts in zip(*(answer.ours + answer.theirs for answer in honest), strict=True)]
    return f"| {name} | {len(given)} | {alike} | {named} | {passed[0]} / {passed[1]} | {passed[2]} / {passed[3]} |"


def main(scratch: Path, *names: Any) -> int:
    python = installed() or evaluators(scratch)
    unnamed = 0
    print("| benchmark | answers | alike | differences | pass here, base / plus (no lies) | pass by EvalPlus |")
    print("|---|---|---|---|---|---|")
    for name in names or FILES:
        started = time.perf_counter()
        given = judged(name, tasks(name), python)
        print(table(name, given), flush=True)
        print(f"{name}: {time.perf_counter() - started:.0f} s; {Counter(a.kind for a in given)}", file=sys.stderr)
        for answer in given:
            if answer.difference == "unnamed":
                unnamed += 1
                print(f"{answer.task.id} {answer.kind}: {answer.ours} here, {answer.theirs} there:\n"
                      f"{answer.completion}", file=sys.stderr)  # fmt: skip
    return 1 if unnamed else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(main(Path(folder), *sys.argv[1:]))
