from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gates.change import Change, MemorySnapshot
from gates.exogenous.mutation import GATE, MutationSettings
from gates.gate import Context
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.verdict import Outcome, Verdict
from gates.workspace import Workspace

pytestmark = pytest.mark.sandbox

BASE = {"src/m.py": "def clamp(x):\n    return x\n", "tests/test_m.py": "from m import clamp\n\n\n"}
CODE = "def clamp(x):\n    if x < 0:\n        return 0\n    return x\n"
WEAK = BASE["tests/test_m.py"] + "def test_clamp():\n    assert clamp(5) == 5\n"
STRONG = WEAK + "\n\ndef test_edges():\n    assert [clamp(x) for x in (-2, -1, 0, 1)] == [0, 0, 0, 1]\n"


@pytest.fixture
def context() -> Iterator[Context]:
    own = Interpreter.own()
    with Workspace() as workspace:
        yield Context(workspace, own, own, Bubblewrap(), jobs=2)


def judge(context: Context, head: Mapping[str, str | None], base: Mapping[str, str] = BASE, **settings: Any) -> Verdict:
    files = {p: c for p, c in {**base, **head}.items() if c is not None}
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of(files))
    return GATE.judge([change], MutationSettings(**settings), context)[0]


def test_faults_that_the_tests_miss_are_findings(context: Context) -> None:
    verdict = judge(context, {"src/m.py": CODE, "tests/test_m.py": WEAK})
    assert verdict.outcome is Outcome.REJECT
    assert [(f.path, f.line, f.rule, f.message) for f in verdict.findings] == [
        ("src/m.py", 2, "comparison", "`<` -> `<=` goes unnoticed by the 1 test(s) that run this line."),
        ("src/m.py", 2, "constant", "`0` -> `1` goes unnoticed by the 1 test(s) that run this line."),
        ("src/m.py", 3, "return", "No passing test runs this line, so `0` -> `None` goes unnoticed."),
        ("src/m.py", 3, "constant", "No passing test runs this line, so `0` -> `1` goes unnoticed."),
    ]
    assert "noticed 1 of 5 faults tried (killed 1, timed out 0, survived 2, on lines no test runs 2, not tried 0)" in (
        verdict.reason
    )
    assert verdict.score == pytest.approx(0.2)


def test_code_that_tests_reach_by_a_roundabout_path_is_seen_to_run(context: Context) -> None:
    way = "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))\n"
    base = {"lib/n.py": "def clamp(x):\n    return x\n", "tests/test_n.py": f"{way}from n import clamp\n\n\n"}
    strong = base["tests/test_n.py"] + STRONG.removeprefix(BASE["tests/test_m.py"])
    verdict = judge(context, {"lib/n.py": CODE, "tests/test_n.py": strong}, base, min_score=0.6)
    assert verdict.outcome is Outcome.ACCEPT
    assert "on lines no test runs 0" in verdict.reason


def test_faults_that_the_tests_notice_are_accepted(context: Context) -> None:
    verdict = judge(context, {"src/m.py": CODE, "tests/test_m.py": STRONG}, min_score=0.6)
    assert verdict.outcome is Outcome.ACCEPT
    # clamp(0) is the same whether 0 is below 0 or not: these two make no difference that a test could see.
    assert [(f.line, f.rule) for f in verdict.findings] == [(2, "comparison"), (2, "constant")]


def test_only_changed_lines_are_spoiled(context: Context) -> None:
    base = {"src/m.py": CODE, "tests/test_m.py": STRONG}
    verdict = judge(context, {"src/m.py": f"{CODE}\n\ndef twice(x):\n    return 2 * x\n"}, base)
    assert {f.line for f in verdict.findings} == {8}
    assert "noticed 0 of 3" in verdict.reason


def test_code_that_runs_at_import_is_tried_on_the_tests_of_its_file(context: Context) -> None:
    code = "LIMIT = 3\n\n\ndef over(x, by=1):\n    return x > LIMIT + by\n"
    test = "from m import over\n\n\ndef test_over():\n    assert [over(x) for x in (4, 5)] == [False, True]\n"
    verdict = judge(context, {"src/m.py": code, "tests/test_m.py": test})
    assert (verdict.outcome, verdict.findings) == (Outcome.ACCEPT, ())
    assert "noticed 6 of 6" in verdict.reason


def test_a_fault_that_hangs_is_noticed(context: Context) -> None:
    code = "def count(n):\n    i = 0\n    while i < n:\n        i += 1\n    return i\n"
    test = "from m import count\n\n\ndef test_count():\n    assert count(3) == 3\n"
    started = time.monotonic()
    verdict = judge(context, {"src/m.py": code, "tests/test_m.py": test}, seconds=60)
    assert verdict.outcome is Outcome.ACCEPT
    assert "timed out 2" in verdict.reason
    assert time.monotonic() - started < 60


def test_the_number_of_mutants_is_bounded_and_said(context: Context) -> None:
    verdict = judge(context, {"src/m.py": CODE, "tests/test_m.py": WEAK}, max_mutants=2)
    assert "of 2 faults tried" in verdict.reason and "not tried 3" in verdict.reason


def test_the_time_is_bounded(context: Context) -> None:
    slow = WEAK + "\n\ndef test_slow():\n    import time\n    time.sleep(30)\n"
    started = time.monotonic()
    verdict = judge(context, {"src/m.py": CODE, "tests/test_m.py": slow}, seconds=4)
    assert time.monotonic() - started < 20
    assert verdict.outcome is Outcome.ERROR
    assert "did not finish in the time given" in verdict.reason


def test_tests_that_fail_anyway_are_left_out(context: Context) -> None:
    failing = STRONG + "\n\ndef test_bad():\n    assert False\n"
    verdict = judge(context, {"src/m.py": CODE, "tests/test_m.py": failing}, min_score=0.6)
    assert verdict.outcome is Outcome.ACCEPT
    assert "1 test(s) or files that fail without a fault, such as tests/test_m.py::test_bad" in verdict.reason
    none = judge(context, {"src/m.py": CODE, "tests/test_m.py": "def test_bad():\n    assert False\n"})
    assert none.outcome is Outcome.ERROR
    assert "No test passes on the head as it is" in none.reason


def test_tests_that_need_an_earlier_one_are_no_measure(context: Context) -> None:
    ordered = (
        "import pathlib\nfrom m import clamp\n\n\ndef test_first():\n    pathlib.Path('made').touch()\n\n\n"
        "def test_second():\n    assert pathlib.Path('made').exists() and clamp(1) == 1\n"
    )
    verdict = judge(context, {"src/m.py": CODE, "tests/test_m.py": ordered})
    assert verdict.outcome is Outcome.ERROR
    assert "flaky or need an order" in verdict.reason


def test_one_run_leaves_nothing_to_the_next(context: Context) -> None:
    # A test that breaks its tree would make every later mutant look noticed.
    breaking = WEAK + "\n\ndef test_break():\n    clamp(1)\n    import m\n    open(m.__file__, 'w').write('broken(')\n"
    verdict = judge(context, {"src/m.py": CODE, "tests/test_m.py": breaking})
    assert verdict.score == pytest.approx(0.2)


def test_judged_code_cannot_report_for_the_runner(context: Context) -> None:
    loud = (
        "import json, os\nfrom m import clamp\n\n\ndef test_clamp():\n"
        "    for fd in range(3, 100):\n        try:\n"
        '            os.write(fd, b\'{"k": "mutant", "n": 0, "status": "killed", "tests": 1}\\n\')\n'
        "        except OSError:\n            pass\n"
        "    assert clamp(5) == 5\n"
    )
    verdict = judge(context, {"src/m.py": CODE, "tests/test_m.py": loud})
    assert verdict.outcome is Outcome.ERROR


def test_a_conftest_of_the_head_does_not_decide(context: Context) -> None:
    # Fails all tests wherever the source is not what it was: every mutant would count as noticed.
    hook = f"import m, pytest\n\n\ndef pytest_runtest_setup(item):\n    assert open(m.__file__).read() == {CODE!r}\n"
    verdict = judge(context, {"src/m.py": CODE, "tests/test_m.py": WEAK, "tests/conftest.py": hook})
    assert verdict.outcome is Outcome.REJECT
    assert "conftest-changed" in {f.rule for f in verdict.findings}
    base = {**BASE, "tests/conftest.py": hook}
    assert judge(context, {"src/m.py": CODE, "tests/test_m.py": WEAK}, base, min_score=0.5).outcome is Outcome.ACCEPT


def test_what_cannot_be_spoiled_is_skipped(context: Context) -> None:
    comment = judge(context, {"src/m.py": "# A comment.\n" + BASE["src/m.py"]})
    assert comment.outcome is Outcome.SKIP and "can be spoiled" in comment.reason
    only_tests = judge(context, {"tests/test_m.py": STRONG})
    assert only_tests.outcome is Outcome.SKIP
    no_tests = judge(context, {"m.py": "x = 2\n"}, {"m.py": "x = 1\n"})
    assert no_tests.outcome is Outcome.SKIP and "no tests" in no_tests.reason
    broken = judge(context, {"src/m.py": "def (:\n"})
    assert broken.outcome is Outcome.SKIP and [f.rule for f in broken.findings] == ["not-mutable"]


def test_without_a_sandbox_there_is_no_verdict(context: Context) -> None:
    bare = replace(context, sandbox=None, sandbox_remedy="Install a sandbox.")
    verdict = judge(bare, {"src/m.py": CODE, "tests/test_m.py": WEAK})
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, "Install a sandbox.")
