from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from collapse_lab.execution.harness import Harness, Job, _batches
from collapse_lab.execution.literals import arguments
from collapse_lab.execution.observation import observe
from collapse_lab.execution.outcome import Limits, Program, Verdict
from collapse_lab.tasks.task import Case
from gates.sandbox.choose import choose
from gates.sandbox.runner import Runner
from gates.sandbox.spec import Command, Mount, Result, Sandbox, SandboxError

pytestmark = pytest.mark.sandbox


def _program(source: str, *cases: tuple[str, str] | tuple[str, str, float], name: str = "f") -> Program:
    return Program(textwrap.dedent(source), name, tuple(Case(*case) for case in cases))


_DOUBLE = ("(2,)", "4"), ("('a',)", "'aa'"), ("([1],)", "[1, 1]")


@pytest.mark.parametrize(
    ("source", "cases", "verdict"),
    [
        ("def f(x): return x * 2", _DOUBLE, Verdict("passed")),
        ("f = lambda x: x + x", _DOUBLE, Verdict("passed")),
        ("def f(x): return x * 3 if x == [1] else x * 2", _DOUBLE, Verdict("wrong", case=2)),
        ("def f(x): return 2 / x", _DOUBLE, Verdict("wrong", case=0)),
        ("def f(x): return x[0]", (("([4],)", "4"), ("(5,)", "0")), Verdict("error", "TypeError", 1)),
        ("def f(x: return x", _DOUBLE, Verdict("error", "SyntaxError", -1)),
        ("def f(x):\nreturn x", _DOUBLE, Verdict("error", "IndentationError", -1)),
        ("x = '\ud800'", _DOUBLE, Verdict("error", "UnicodeEncodeError", -1)),
        ("def g(x): return x", _DOUBLE, Verdict("error", "NameError", -1)),
        ("f = 3", _DOUBLE, Verdict("error", "TypeError", 0)),
        ("def f(): return 1", _DOUBLE, Verdict("error", "TypeError", 0)),
        ("class Odd(Exception): pass\ndef f(x): raise Odd", _DOUBLE, Verdict("error", "Odd", 0)),
        ("def f(x): return [x] * 10**9", _DOUBLE, Verdict("memory", case=0)),
        ("from typing import List\nimport re, math, random\ndef f(x): return 2 * x", _DOUBLE, Verdict("passed")),
        ("def f(x):\n    print('words', flush=True)\n    return x * 2", _DOUBLE, Verdict("passed")),
        ("def f(x):\n    print('x' * 70_000)\n    return x * 2", _DOUBLE, Verdict("output", case=0)),
        ("x = 1", (), Verdict("passed")),
        ("assert False", (), Verdict("error", "AssertionError", -1)),
        ("def f(x):\n    while x != 2: pass\n    return x * 2", _DOUBLE, Verdict("timeout", case=1)),
        ("import time\ndef f(x): time.sleep(1000 * (x == 'a')); return x * 2", _DOUBLE, Verdict("killed", case=1)),
        # The first case that fails decides, whatever comes after.
        ("def f(x):\n    while x != 2: pass\n    return 5", _DOUBLE, Verdict("wrong", case=0)),
    ],
)  # fmt: skip
def test_verdicts(harness: Harness, source: str, cases: tuple[tuple[str, str], ...], verdict: Verdict) -> None:
    assert harness.judge([_program(source, *cases)]) == [verdict]


def test_a_null_byte_is_an_error_of_the_compiler(harness: Harness) -> None:
    (verdict,) = harness.judge([_program("x = '\0'", ("()", "1"))])
    # Which class it is changed within Python 3.11.
    assert verdict in (Verdict("error", "SyntaxError", -1), Verdict("error", "ValueError", -1))


def test_each_call_gets_fresh_arguments_and_values_are_taken_as_they_are_returned(harness: Harness) -> None:
    source = """
    kept = []
    def f(xs):
        xs.append(9)
        kept.append(len(xs))
        return kept
    """
    assert harness.judge([_program(source, ("([1],)", "[2]"), ("([1],)", "[2, 2]"))]) == [Verdict("passed")]


def test_programs_do_not_see_each_other(harness: Harness) -> None:
    write = _program("open('left', 'w').close()\nimport math\nmath.pi = 3\ndef f(): return 1", ("()", "1"))
    read = _program("import os, math\ndef f(): return os.listdir('.'), math.pi > 3.1", ("()", "([], True)"))
    assert [v.passed for v in harness.judge([write, read, write, read, read])] == [True] * 5


def test_hashes_and_chance_are_the_same_in_every_process(harness: Harness) -> None:
    source = "import random\ndef f(): return list(set('abcdefghijkl')), random.random(), hash('x')"
    seen = {harness.observe([job])[0].values for job in [_job(source)] * 3}
    seen |= {one.values for one in harness.observe([_job(source)] * 3)}
    assert len(seen) == 1


def _job(source: str) -> Job:
    return Job(source, "f", [arguments("()")])


def test_order_is_kept_and_many_may_ask_at_once(harness: Harness) -> None:
    def batch(first: int) -> list[Program]:
        return [_program(f"def f(): return {n % 7}", ("()", str(n % 5))) for n in range(first, first + 150)]

    got: dict[int, list[bool]] = {}
    threads = [
        threading.Thread(target=lambda n=n: got.__setitem__(n, [v.passed for v in harness.judge(batch(n))]))  # type: ignore[misc]
        for n in (0, 1000, 2000)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {start: [n % 7 == n % 5 for n in range(start, start + 150)] for start in (0, 1000, 2000)}


def test_nothing_to_judge(harness: Harness) -> None:
    assert harness.judge([]) == []


def test_a_case_that_is_no_literal_is_an_error_before_anything_runs(harness: Harness) -> None:
    with pytest.raises(ValueError, match="no Python literal"):
        harness.judge([_program("def f(): return 1", ("()", "one"))])


@dataclass
class _Failing:
    """The real sandbox, with what a run left of its output cut or changed."""

    spoil: Callable[[int, Command, Result], Result]
    name: str = "bubblewrap"
    runs: int = 0
    inner: Sandbox = field(default_factory=choose)

    def locate(self, mount: Mount) -> str:
        return self.inner.locate(mount)

    def run(self, command: Command) -> Result:
        self.runs += 1
        return self.spoil(self.runs, command, self.inner.run(command))


_SOURCES = [f"def f(): return {n}" for n in range(40)]
_PROGRAMS = [_program(source, ("()", str(n))) for n, source in enumerate(_SOURCES)]


def test_a_template_that_dies_is_replaced_and_no_sample_is_lost() -> None:
    """The first three runs end after a third of their output, in the middle of a record."""

    def spoil(run: int, _: Command, result: Result) -> Result:
        return result if run > 3 else replace(result, stdout=result.stdout[: len(result.stdout) // 3 + 9], exit_code=1)

    sandbox = _Failing(spoil)
    with Harness(1, Limits(), sandbox) as harness:
        assert [v.passed for v in harness.judge(_PROGRAMS)] == [True] * len(_PROGRAMS)
    assert sandbox.runs == 4


def test_a_program_that_ends_its_sandbox_twice_is_killed_and_the_others_are_judged() -> None:
    def spoil(_: int, command: Command, result: Result) -> Result:
        at = command.stdin.find(b"return 7")
        return result if at < 0 else replace(result, stdout=b"", exit_code=None, killed="it made more than 9 files")

    sandbox = _Failing(spoil)
    with Harness(1, Limits(), sandbox) as harness:
        verdicts = harness.judge(_PROGRAMS)
    assert [n for n, v in enumerate(verdicts) if v != Verdict("passed")] == [7]
    assert verdicts[7].ending == "killed"


def test_a_template_that_does_not_work_is_an_error_and_no_verdict() -> None:
    sandbox = _Failing(lambda _, __, result: replace(result, stdout=b"", stderr=b"no such file", exit_code=2))
    with Harness(1, Limits(), sandbox) as harness, pytest.raises(SandboxError, match="template does not work here"):
        harness.judge(_PROGRAMS[:2])


def test_a_machine_that_is_too_slow_is_an_error_and_no_verdict() -> None:
    def spoil(_: int, command: Command, result: Result) -> Result:
        return replace(result, stdout=b"", exit_code=None, killed="time", seconds=command.limits.wall_seconds)

    with Harness(1, Limits(), _Failing(spoil)) as harness, pytest.raises(SandboxError, match="too busy to judge"):
        harness.judge(_PROGRAMS[:2])


_BUSY = [
    _program("def f():\n    n = 0\n    for _ in range(1_000_000): n += 1\n    return n", ("()", "1000000")),
    _program("def f():\n    while True: pass", ("()", "1")),
    _program("import time\ndef f(): time.sleep(1000)", ("()", "1")),
    _program("import time\ndef f():\n    time.sleep(0.2)\n    return 1", ("()", "1")),
    _program("def f(): return [0] * 10**9", ("()", "1")),
    _program("def f():\n    while True: print('x' * 1000)", ("()", "1")),
    _program("def f(): return 1", ("()", "1")),
    _program("def f(): return 2", ("()", "1")),
]
_SAID = ["passed", "timeout", "killed", "passed", "memory", "output", "passed", "wrong"]


def test_verdicts_are_the_same_with_every_core_burdened(harness: Harness) -> None:
    """Six burners a core: what is judged gets a seventh of one. A wall clock would end much of it."""
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(6 * len(os.sched_getaffinity(0)))
    ]
    try:
        burdened = harness.judge(_BUSY * 2)
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    assert [v.ending for v in burdened] == _SAID * 2
    assert harness.judge(_BUSY * 2) == burdened


@pytest.mark.parametrize(
    ("status", "report", "said"),
    [
        (b"d", b"", "killed"),
        (b"d", b"garbage", "killed"),
        (b"d", b"R\0\0\0\0V\1\0\0\0ND\0\0\0\0", None),
        (b"d", b"R\0\0\0\0D\0\0\0\0", "killed"),
        (b"d", b"R\0\0\0\0V\1\0\0\0ND\0\0\0\0x", "killed"),
        (b"d", b"R\0\0\0\0" + b"V\1\0\0\0N" * 2 + b"D\0\0\0\0", "killed"),
        (b"d", b"V\1\0\0\0ND\0\0\0\0", "killed"),
        (b"k", b"R\0\0\0\0V\1\0\0\0ND\0\0\0\0", "killed"),
        (b"t", b"R\0\0\0\0V\1\0\0\0ND\0\0\0\0", "timeout"),
        (b"d", b"R\0\0\0\0T\0\0\0\0", "timeout"),
        (b"d", b"E\4\0\0\0a b!", "error"),
        (b"?", b"R\0\0\0\0V\1\0\0\0ND\0\0\0\0", "killed"),
    ],
)
def test_a_report_is_read_with_suspicion(status: bytes, report: bytes, said: str | None) -> None:
    assert observe(status, report, 1).ending == said


def test_torch_is_not_needed() -> None:
    code = (
        "import sys, collapse_lab.execution.harness, collapse_lab.execution.evalplus; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_runner_gives_the_same_verdicts() -> None:
    with Harness(1, Limits(cpu_seconds=0.5, wall_factor=3), Runner()) as harness:
        assert [v.ending for v in harness.judge(_BUSY)] == _SAID


def test_batches_hold_every_job_once_and_are_bounded() -> None:
    small, large = Job("x", "f", []), Job("x", "f", [bytes(20 * 1024 * 1024)])
    for jobs, workers, sizes in (
        ([], 2, []),
        ([small], 2, [1]),
        ([small] * 5, 2, [3, 2]),
        ([small] * 2500, 2, [1024, 1024, 452]),
        ([large] * 3, 1, [1, 1, 1]),
        ([small, large, small, large], 1, [3, 1]),
    ):
        found = list(_batches(jobs, workers))
        assert [n for batch in found for n in batch] == list(range(len(jobs)))
        assert [len(batch) for batch in found] == sizes
