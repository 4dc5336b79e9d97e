from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.cache import Cache
from gates.change import Change, MemorySnapshot
from gates.exogenous.base_tests import GATE, BaseTestsSettings
from gates.gate import Context
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import Command, Mount, Result
from gates.verdict import Outcome, Severity, Verdict
from gates.workspace import Workspace

pytestmark = pytest.mark.sandbox

BASE = {
    "src/m.py": "def double(x):\n    return 2 * x\n\n\ndef half(x):\n    return x / 2\n",
    "tests/test_m.py": (
        "import pytest\nfrom m import double, half\n\n\n"
        "@pytest.mark.parametrize('x, y', [(1, 2), (2, 4)])\ndef test_double(x, y):\n    assert double(x) == y\n\n\n"
        "def test_half():\n    assert half(4) == 2\n\n\n"
        "def test_known_to_fail():\n    assert double(1) == 3\n"
    ),
}
WORSE = BASE["src/m.py"].replace("x / 2", "x // 0")
SAME = BASE["src/m.py"].replace("2 * x", "x + x")


class Counting:
    """The real sandbox, counting what it runs."""

    name = "bubblewrap"

    def __init__(self) -> None:
        self.runs = 0
        self._inner = Bubblewrap()

    def locate(self, mount: Mount) -> str:
        return self._inner.locate(mount)

    def run(self, command: Command) -> Result:
        self.runs += 1
        return self._inner.run(command)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    own = Interpreter.own()
    with Workspace() as workspace:
        yield Context(workspace, own, own, Bubblewrap(), cache=Cache(tmp_path / "cache"), jobs=2)


def judge(context: Context, head: Mapping[str, str | None], base: Mapping[str, str] = BASE, **settings: Any) -> Verdict:
    files = {p: c for p, c in {**base, **head}.items() if c is not None}
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of(files))
    return GATE.judge([change], BaseTestsSettings(**settings), context)[0]


def test_code_that_keeps_the_base_s_tests_passing_is_accepted(context: Context) -> None:
    verdict = judge(context, {"src/m.py": SAME})
    assert (verdict.outcome, verdict.score, verdict.findings) == (Outcome.ACCEPT, 1.0, ())
    assert "All 3 tests" in verdict.reason and "1 did not pass on the base either" in verdict.reason


def test_a_new_failure_is_found_on_the_changed_line(context: Context) -> None:
    verdict = judge(context, {"src/m.py": WORSE})
    assert verdict.outcome is Outcome.REJECT
    (finding,) = verdict.findings
    assert (finding.path, finding.line, finding.rule) == ("src/m.py", 6, "new-failure")
    assert finding.message.startswith("tests/test_m.py::test_half passes on the base and fails on the head: ")
    assert "ZeroDivisionError" in finding.message
    assert verdict.score == pytest.approx(2 / 3)


def test_a_wrong_result_is_found_at_the_test(context: Context) -> None:
    verdict = judge(context, {"src/m.py": BASE["src/m.py"].replace("2 * x", "2 * x if x < 2 else 0")})
    (finding,) = verdict.findings
    assert (finding.path, finding.line, finding.rule) == ("tests/test_m.py", 7, "new-failure")
    assert "test_double[2-4]" in finding.message


def test_the_head_s_own_tests_do_not_count(context: Context) -> None:
    easy = "def test_double():\n    pass\n\n\ndef test_half():\n    pass\n"
    bad = "def test_bad():\n    assert False\n"
    verdict = judge(context, {"src/m.py": WORSE, "tests/test_m.py": easy, "tests/test_bad.py": bad})
    assert verdict.outcome is Outcome.REJECT
    assert [f.message.partition(" ")[0] for f in verdict.findings] == ["tests/test_m.py::test_half"]
    assert judge(context, {"src/m.py": SAME, "tests/test_m.py": None}).outcome is Outcome.ACCEPT


def test_a_file_that_can_no_longer_be_collected_is_one_finding(context: Context) -> None:
    verdict = judge(context, {"src/m.py": BASE["src/m.py"].replace("def half", "def halve")})
    assert verdict.outcome is Outcome.REJECT
    (finding,) = verdict.findings
    assert (finding.path, finding.rule) == ("tests/test_m.py", "missing-test")
    assert "3 tests that pass on the base did not report" in finding.message
    assert "cannot import name 'half'" in finding.message


def test_a_flaky_test_is_a_warning(context: Context) -> None:
    assert judge(context, {"src/m.py": SAME}).outcome is Outcome.ACCEPT
    assert context.cache.directory is not None
    (stored,) = context.cache.directory.rglob("*.json")
    text = stored.read_text()
    # The day before, the test that always fails here had passed.
    yesterday = text.replace('test_known_to_fail", "failed"', 'test_known_to_fail", "passed"')
    assert yesterday != text
    stored.write_text(yesterday)
    verdict = judge(context, {"src/m.py": SAME + "\n"})
    assert verdict.outcome is Outcome.ACCEPT
    assert [(f.rule, f.severity, f.path) for f in verdict.findings] == [
        ("flaky-test", Severity.WARNING, "tests/test_m.py")
    ]
    assert "1 that failed on the head also failed on the base when run again: flaky" in verdict.reason


def test_an_id_that_is_another_in_each_run_is_flaky(context: Context) -> None:
    text = "import time, pytest\n\n\n@pytest.mark.parametrize('x', [str(time.time_ns())])\ndef test_t(x):\n    pass\n"
    verdict = judge(context, {"src/m.py": SAME}, {**BASE, "tests/test_t.py": text})
    assert verdict.outcome is Outcome.ACCEPT
    assert [(f.rule, f.path) for f in verdict.findings] == [("flaky-test", "tests/test_t.py")]


def test_modules_named_like_the_runner_s_own_are_the_tree_s(context: Context) -> None:
    names = ("channel", "reporter", "pytest_child", "pytest_recorder", "pytest_guard", "gates", "app")
    base = {f"{name}.py": f"NAME = 'mine: {name}'\n" for name in names}
    base["test_names.py"] = "import pytest\n\n" + "".join(
        f"def test_{name}():\n    import {name}\n    assert {name}.NAME == 'mine: {name}'\n" for name in names
    )
    verdict = judge(context, {"data.txt": "changed"}, base)
    assert verdict.outcome is Outcome.ACCEPT
    assert f"All {len(names)} tests" in verdict.reason


def test_the_base_runs_once_for_several_heads(context: Context) -> None:
    sandbox = Counting()
    counted = replace(context, sandbox=sandbox)
    judge(counted, {"src/m.py": SAME})
    assert sandbox.runs == 2
    judge(counted, {"src/m.py": SAME + "\n"})
    assert sandbox.runs == 3
    judge(counted, {"src/m.py": SAME}, {**BASE, "other.txt": "another base"})
    assert sandbox.runs == 5


def test_data_files_are_judged_as_well(context: Context) -> None:
    base = {"data.txt": "4", "test_data.py": "def test_data():\n    assert open('data.txt').read() == '4'\n"}
    assert judge(context, {"data.txt": "5"}, base).outcome is Outcome.REJECT


def test_expected_failures_and_skips_are_read_as_pytest_means_them(context: Context) -> None:
    marks = (
        "import unittest\nimport pytest\nfrom m import double\n\n\n"
        "@pytest.mark.xfail\ndef test_expected():\n    assert double(1) == 1\n\n\n"
        "@pytest.mark.xfail\ndef test_unexpected():\n    assert double(1) == 2\n\n\n"
        "@pytest.mark.skip\ndef test_skipped():\n    assert False\n\n\n"
        "class Cases(unittest.TestCase):\n"
        "    @unittest.expectedFailure\n    def test_a(self):\n        self.assertEqual(double(1), 1)\n\n"
        "    def test_b(self):\n        for x in (1, 2):\n            with self.subTest(x=x):\n"
        "                self.assertEqual(double(x), 2 * x)\n\n"
        "    @unittest.skip('no')\n    def test_c(self):\n        self.fail()\n"
    )
    base = {**BASE, "tests/test_marks.py": marks}
    assert judge(context, {"src/m.py": SAME}, base).outcome is Outcome.ACCEPT
    worse = judge(context, {"src/m.py": BASE["src/m.py"].replace("2 * x", "2 * x if x < 2 else 1")}, base)
    assert worse.outcome is Outcome.REJECT
    assert {f.message.partition(" ")[0] for f in worse.findings} == {
        "tests/test_m.py::test_double[2-4]",
        "tests/test_marks.py::Cases::test_b",
    }


def test_the_base_s_options_stay_and_those_that_need_a_missing_plugin_go(context: Context) -> None:
    options = "-n auto --cov=src --cov-report term -k double --strict-config -p no:randomly"
    config = f'[tool.pytest.ini_options]\naddopts = "{options}"\n'
    verdict = judge(context, {"src/m.py": WORSE}, {**BASE, "pyproject.toml": config})
    assert verdict.outcome is Outcome.ACCEPT
    assert "All 2 tests" in verdict.reason


def test_a_plugin_that_the_base_keeps_in_its_tree_is_loaded(context: Context) -> None:
    plugin = "import pytest\n\n\n@pytest.fixture\ndef four():\n    return 4\n"
    base = {
        "pytest.ini": "[pytest]\naddopts = -p tests.plugin\n",
        "tests/__init__.py": "",
        "tests/plugin.py": plugin,
        "src/m.py": BASE["src/m.py"],
        "tests/test_m.py": "from m import double\n\n\ndef test_double(four):\n    assert double(2) == four\n",
    }
    head = {"src/m.py": SAME, "tests/plugin.py": plugin.replace("4", "5")}
    assert judge(context, head, base).outcome is Outcome.ACCEPT


def test_nothing_to_judge_is_a_skip(context: Context) -> None:
    assert "no tests" in judge(context, {"a.py": "x = 2\n"}, {"a.py": "x = 1\n"}).reason
    only_tests = judge(context, {"tests/test_n.py": "def test():\n    assert False\n"})
    assert only_tests.outcome is Outcome.SKIP and "touches only tests" in only_tests.reason
    no_functions = judge(context, {"a.py": "x = 2\n"}, {"a.py": "x = 1\n", "tests/test_a.py": "x = 1\n"})
    assert no_functions.outcome is Outcome.SKIP and "finds no tests" in no_functions.reason
    none_good = judge(context, {"a.py": "x = 2\n"}, {"a.py": "", "tests/test_a.py": "def test():\n    assert 0\n"})
    assert none_good.outcome is Outcome.SKIP and "None of the base's 1 tests passes" in none_good.reason


def test_a_base_whose_tests_cannot_run_is_an_error_with_the_remedy(context: Context) -> None:
    base = {"a.py": "x = 1\n", "tests/test_a.py": "import nowhere_installed\n\n\ndef test():\n    pass\n"}
    verdict = judge(context, {"a.py": "x = 2\n"}, base)
    assert verdict.outcome is Outcome.ERROR
    assert "nowhere_installed" in verdict.reason and "--python" in verdict.reason
    broken = judge(context, {"a.py": "x = 2\n"}, {**base, "pytest.ini": "[pytest]\naddopts = --no-such-option\n"})
    assert broken.outcome is Outcome.ERROR
    assert "pytest refused its command line" in broken.reason


def test_a_base_whose_tests_do_not_end_is_no_measure_but_still_shows_a_failure(context: Context) -> None:
    base = {**BASE, "tests/test_z.py": "def test_z():\n    while True:\n        pass\n"}
    same = judge(context, {"src/m.py": SAME}, base, seconds=4)
    assert same.outcome is Outcome.ERROR
    assert "The base's own tests do not come to an end" in same.reason
    assert judge(context, {"src/m.py": WORSE}, base, seconds=4).outcome is Outcome.REJECT


def test_files_that_cannot_be_collected_on_either_side_are_said(context: Context) -> None:
    base = {**BASE, "tests/test_z.py": "import nowhere_installed\n"}
    verdict = judge(context, {"src/m.py": SAME}, base)
    assert verdict.outcome is Outcome.ACCEPT
    assert "1 of the base's test files could not be collected" in verdict.reason


def test_a_review_without_time_is_no_verdict_on_the_head(context: Context) -> None:
    base = {**BASE, "tests/test_z.py": "import m, time\n\n\ndef test_z():\n    time.sleep(getattr(m, 'PAUSE', 3))\n"}
    assert judge(context, {"src/m.py": SAME}, base).outcome is Outcome.ACCEPT
    hurried = replace(context, deadline=time.monotonic() + 10)
    verdict = judge(hurried, {"src/m.py": f"{SAME}PAUSE = 30\n"}, base)
    assert verdict.outcome is Outcome.ERROR
    assert "raise budget.seconds" in verdict.reason


def test_without_a_sandbox_there_is_no_verdict(context: Context) -> None:
    verdict = judge(replace(context, sandbox=None, sandbox_remedy="Install a sandbox."), {"src/m.py": SAME})
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, "Install a sandbox.")


def test_an_interpreter_without_pytest_is_replaced_and_said(context: Context) -> None:
    bare = replace(context.interpreter, has_pytest=False)
    verdict = judge(replace(context, interpreter=bare), {"src/m.py": SAME})
    assert verdict.outcome is Outcome.ACCEPT
    assert "has no pytest, so Exogate's own interpreter ran the tests" in verdict.reason
    neither = judge(replace(context, interpreter=bare, own=bare), {"src/m.py": SAME})
    assert neither.outcome is Outcome.ERROR and "Install it there" in neither.reason


def test_a_batch_keeps_its_order_and_runs_a_shared_base_once(context: Context) -> None:
    base = MemorySnapshot.of(BASE)
    heads = [WORSE, SAME, WORSE]
    changes = [Change.between(base, MemorySnapshot.of({**BASE, "src/m.py": code})) for code in heads]
    sandbox = Counting()
    verdicts = GATE.judge(changes, BaseTestsSettings(), replace(context, sandbox=sandbox, cache=Cache()))
    # Three heads, two of which fail and are asked whether that is flaky; their base ran once.
    assert sandbox.runs == 1 + 3 + 2
    assert [v.outcome for v in verdicts] == [Outcome.REJECT, Outcome.ACCEPT, Outcome.REJECT]
    assert GATE.judge([], BaseTestsSettings(), context) == []


def test_a_head_that_needs_a_module_which_nobody_installed_is_an_error_with_the_remedy(context: Context) -> None:
    verdict = judge(context, {"src/m.py": "import brandnewlib\n" + BASE["src/m.py"]})
    assert verdict.outcome is Outcome.ERROR
    assert "needs brandnewlib" in verdict.reason and "Install it into" in verdict.reason


def test_a_head_that_breaks_an_import_of_its_own_is_rejected(context: Context) -> None:
    base = {**BASE, "src/helper.py": "y = 1\n", "src/m.py": "import helper.part\n" + BASE["src/m.py"]}
    broken = {"src/m.py": "import helper.part\n" + BASE["src/m.py"]}
    verdict = judge(context, broken, {**base, "src/m.py": BASE["src/m.py"]})
    assert verdict.outcome is Outcome.REJECT
