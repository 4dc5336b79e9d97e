"""`lint` and `types` in the lab's gate stage, on 1,000 samples, against one pylint and one mypy process a file.

Samples are what a model of the pocket study writes: right ones, wrong ones and broken ones. One process a file takes
half an hour for all, so that a part of them is timed and scaled; the messages of that part are compared, one by one.
mypy is compared twice: with a cache that it keeps from file to file and that is full of the library when the time
begins, as for a user who checks file after file in one place, and with none, as for who gives each sample a directory
of its own. The gate has one job, and nothing in its cache.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from collapse_lab.policies import policy_of
from collapse_lab.sample import Sample, change_of, seed_of, stub
from collapse_lab.self_gates.context import LabContext
from collapse_lab.stages.gate import Gated, gate
from collapse_lab.tasks.pocket import PocketSource
from collapse_lab.tasks.task import Task
from collapse_lab.workshop import small_files
from gates.decision import Judged
from gates.interpreter import Interpreter
from gates.panel import judge
from gates.sandbox.choose import choose
from gates.workspace import Workspace
from tests.benchmarks.processors import adopt, cost
from tests.benchmarks.timing import Line, line, run
from tests.collapse_lab.execution.faults import faulty

_SAMPLES = 1000
_BY_HAND = int(os.environ.get("BENCH_BY_HAND", "20"))
_ROUNDS = 3
_COUNTED = {"fatal", "error", "warning"}
# Line and rule.
_Said = Counter[tuple[int, str]]
_Tool = Callable[[Path], _Said]


def measure(scratch: Path) -> Iterator[Line]:
    """Yield how many times less a sample takes than a process."""
    adopt()
    tasks = list(PocketSource().pool("bench gates", 0, _SAMPLES))
    samples = [_sample(task, number) for number, task in enumerate(tasks)]
    for name, what, tool in (
        ("lint", "a pylint process a file", _pylint),
        ("types", "a mypy process a file, its cache kept", _mypy),
        ("types", "a mypy process a file, each without a cache", _mypy_alone),
    ):
        yield _compare(name, what, tool, tasks, samples, scratch / tool.__name__)


def _sample(task: Task, number: int) -> Sample:
    """Return the reference, the reference with a fault, or the reference with two words in each other's place."""
    random = Random(seed_of("bench gates", number))
    text = task.reference
    if number % 3:
        text = _faulty(task, random) if number % 3 == 1 else _shuffled(text, random)
    return Sample(f"{number}.0", task.id, text, len(text), True, seed_of("bench gates sample", number))


def _faulty(task: Task, random: Random) -> str:
    variants = list(faulty(task.program(task.reference), 8))
    function = ast.parse(random.choice(variants)).body[-1] if variants else None
    if not isinstance(function, ast.FunctionDef):
        return task.reference
    return textwrap.indent("\n".join(map(ast.unparse, function.body[1:])), "    ") + "\n"


def _shuffled(text: str, random: Random) -> str:
    words = text.split(" ")
    filled = [n for n, word in enumerate(words) if word.strip()]
    if len(filled) > 1:
        one, other = random.sample(filled, 2)
        words[one], words[other] = words[other], words[one]
    return " ".join(words)


def _compare(
    name: str, beside: str, tool: _Tool, tasks: Sequence[Task], samples: Sequence[Sample], scratch: Path
) -> Line:
    scratch.mkdir()
    chosen = range(0, len(samples), max(1, len(samples) // _BY_HAND))
    expected = _expected(tool, tasks, samples, chosen, scratch)
    clock, computed, seconds = [], [], []
    for attempt in range(_ROUNDS):
        # Under a new name: mypy's cache would know the file.
        files = [(scratch / f"sample{n}.py").rename(scratch / f"sample{n}_{attempt}.py") for n in chosen]
        by_hand = [cost(lambda file=file: tool(file)) for file in files]  # type: ignore[misc]
        for number, file in zip(chosen, files, strict=True):
            file.rename(scratch / f"sample{number}.py")
        gated: list[Gated] = []
        batch = cost(lambda into=gated: into.extend(_gate(name, tasks, samples)))  # type: ignore[misc]
        scale = len(samples) / len(by_hand)
        clock.append(scale * sum(c.wall for c in by_hand) / batch.wall)
        computed.append(scale * sum(c.cpu for c in by_hand) / batch.cpu)
        seconds.append(batch.cpu)
    for number, verdicts in enumerate(_verdicts(name, tasks, samples)):
        if number in expected and (found := _found(name, verdicts)) != expected[number]:
            raise RuntimeError(
                f"{tasks[number].prompt}{samples[number].completion}\n"
                f"A process a file says {expected[number]}, the gate {found}."
            )
    what = (
        f"`{name}` on {len(samples)} samples ({sum(g.accepted for g in gated)} accepted; "
        f"{min(seconds):.1f} s of a processor) / {beside} (scaled from {len(chosen)}); "
        f"by processor time {min(computed):.0f} to {max(computed):.0f} x"
    )
    return line(what, clock, "x faster", 100, at_most=False)


def _expected(
    tool: _Tool,
    tasks: Sequence[Task],
    samples: Sequence[Sample],
    chosen: Sequence[int],
    scratch: Path,
) -> dict[int, _Said]:
    """Return what is new in each chosen sample, by a process for it and one for the stub that it completes."""
    expected = {}
    for number in chosen:
        task, file, base = tasks[number], scratch / f"sample{number}.py", scratch / f"stub{number}.py"
        file.write_text(task.program(samples[number].completion), "utf-8")
        base.write_text(stub(task), "utf-8")
        prompt = task.prompt.count("\n")
        said = Counter({at: n for at, n in tool(file).items() if at[0] > prompt or at[1] == "syntax-error"})
        expected[number] = said - tool(base)
    return expected


def _found(name: str, verdicts: Sequence[Judged]) -> _Said:
    return Counter((f.line or 0, f.rule) for j in verdicts if j.verdict.gate == name for f in j.verdict.findings)


def _pylint(file: Path) -> _Said:
    argv = (sys.executable, "-m", "pylint", f"--rcfile={os.devnull}", "--output-format=json2", file.name)
    said = json.loads(run(*argv, cwd=file.parent, ok=range(32)))["messages"]
    return Counter((m["line"], m["symbol"]) for m in said if m["type"] in _COUNTED)


def _mypy_alone(file: Path) -> _Said:
    return _mypy(file, f"--cache-dir={os.devnull}")


def _mypy(file: Path, *options: str) -> _Said:
    argv = (sys.executable, "-m", "mypy", "--config-file=", "--output=json", *options, file.name)
    said = [json.loads(text) for text in run(*argv, cwd=file.parent, ok=(0, 1, 2)).splitlines() if text[:1] == "{"]
    return Counter((m["line"], m["code"]) for m in said if m["severity"] == "error")


def _gate(name: str, tasks: Sequence[Task], samples: Sequence[Sample]) -> list[Gated]:
    with Workspace(small_files()) as workspace:
        return gate(policy_of(name), tasks, samples, _context(workspace))


def _verdicts(name: str, tasks: Sequence[Task], samples: Sequence[Sample]) -> list[list[Judged]]:
    changes = [change_of(task, sample) for task, sample in zip(tasks, samples, strict=True)]
    with Workspace(small_files()) as workspace:
        return judge(policy_of(name), changes, _context(workspace))


def _context(workspace: Workspace) -> LabContext:
    own = Interpreter.own()
    return LabContext(workspace, own, own, choose(None), jobs=1)
