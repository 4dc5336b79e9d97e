"""Judged code that wants its failing tests to look as if they passed."""

from __future__ import annotations

import py_compile
import sys
from pathlib import Path
from typing import Any

import pytest

from gates.verdict import Outcome

pytestmark = pytest.mark.sandbox

# Forces every report to "passed"; the same text serves as a conftest.py and as a plug-in.
HOOK = (
    "import pytest\n\n"
    "@pytest.hookimpl(wrapper=True)\n"
    "def pytest_runtest_makereport(item, call):\n"
    "    report = yield\n"
    "    report.outcome = 'passed'\n"
    "    return report\n"
)
PASS_MODULE = "def test_nothing():\n    pass\n"
REPORTS = (
    "from _pytest.reports import TestReport\n"
    "real = TestReport.from_item_and_call.__func__\n"
    "def fake(cls, item, call):\n"
    "    report = real(cls, item, call)\n"
    "    report.outcome, report.longrepr = 'passed', None\n"
    "    return report\n"
    "TestReport.from_item_and_call = classmethod(fake)\n"
)
RESTORED = (
    "from _pytest.reports import TestReport\n"
    "real = TestReport.from_item_and_call\n"
    "def fake(item, call):\n"
    "    TestReport.from_item_and_call = real\n"
    "    report = real(item, call)\n"
    "    report.outcome, report.longrepr = 'passed', None\n"
    "    return report\n"
    "def double(x):\n"
    "    TestReport.from_item_and_call = fake\n"
    "    raise AssertionError\n"
)
WORDS = "def double(x):\n    import pytest\n    pytest.{}('not today')\n"

# name -> (the head's files, words that the reason or a finding must hold). Each makes plain pytest exit with 0.
LIES: dict[str, tuple[dict[str, str], str]] = {
    "conftest-hook": ({"conftest.py": HOOK, "src/m.py": "{wrong}"}, "fails on the head"),
    "conftest-among-tests": ({"tests/conftest.py": HOOK, "src/m.py": "{wrong}"}, "fails on the head"),
    "conftest-drops-tests": (
        {"conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n", "src/m.py": "{wrong}"},
        "fails on the head",
    ),
    "pyproject-plugin": (
        {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-p evil"\n', "evil.py": HOOK, "src/m.py": "{wrong}"},
        "fails on the head",
    ),
    "setup-cfg-options": (
        {"setup.cfg": "[tool:pytest]\naddopts = --collect-only\n", "src/m.py": "{wrong}"},
        "fails on the head",
    ),
    "pytest-ini-other-files": (
        {"pytest.ini": "[pytest]\npython_files = easy_*.py\n", "easy_one.py": PASS_MODULE, "src/m.py": "{wrong}"},
        "fails on the head",
    ),
    "tox-ini-plugin": (
        {"tox.ini": "[pytest]\naddopts = -p evil\n", "evil.py": HOOK, "src/m.py": "{wrong}"},
        "fails on the head",
    ),
    "tests-rewritten": ({"tests/test_m.py": PASS_MODULE, "src/m.py": "{wrong}"}, "fails on the head"),
    "own-pytest": ({"pytest.py": "raise SystemExit(0)\n", "src/m.py": "{wrong}"}, "fails on the head"),
    "installed-plugin-shadowed": ({"pytest_timeout.py": HOOK, "src/m.py": "{wrong}"}, "fails on the head"),
    "entry-point-of-its-own": (
        {
            "evil-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: evil\nVersion: 1\n",
            "evil-1.dist-info/entry_points.txt": "[pytest11]\nevil = evil\n",
            "evil.py": HOOK,
            "src/m.py": "{wrong}",
        },
        "fails on the head",
    ),
    "sitecustomize": ({"sitecustomize.py": "import os\nos._exit(0)\n", "src/m.py": "{wrong}"}, "fails on the head"),
    "exit-at-import": ({"src/m.py": "import os\nos._exit(0)\n"}, "exit status 0 before it was done"),
    "exit-in-test": ({"src/m.py": "def double(x):\n    import os\n    os._exit(0)\n"}, "test_two was running"),
    "exit-at-end": ({"src/m.py": "import atexit, os\natexit.register(os._exit, 0)\n{wrong}"}, "fails on the head"),
    "pytest-exit": ({"src/m.py": "def double(x):\n    import pytest\n    pytest.exit('done', 0)\n"}, "did not report"),
    "skipping": ({"src/m.py": WORDS.format("skip")}, "on the head it is skipped"),
    "expecting-failure": ({"src/m.py": WORDS.format("xfail")}, "on the head it is xfailed"),
    "skip-at-import": (
        {"src/m.py": "import pytest\npytest.skip('no', allow_module_level=True)\n", "tests/test_n.py": PASS_MODULE},
        "was skipped as a whole",
    ),
    "patched-reports": ({"src/m.py": REPORTS + "{wrong}"}, "pytest was altered while it ran"),
    "patched-and-restored": ({"src/m.py": RESTORED}, "pytest was altered while it ran"),
    "patched-runtest": (
        {"src/m.py": "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n"
                     "import _pytest.unittest\n_pytest.unittest.TestCaseFunction.runtest = lambda self: None\n{wrong}"},
        "_pytest.python.Function.runtest",
    ),
    "patched-unittest": (
        {"src/m.py": "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n"
                     "def double(x):\n    return 4\n"},
        "unittest.case.TestCase.assertEqual",
    ),
    "patched-call": (
        {"src/m.py": "import _pytest.runner as r\nreal = r.CallInfo.from_call\n"
                     "def fake(func, when, reraise=None):\n"
                     "    return real((lambda: None) if when == 'call' else func, when, reraise)\n"
                     "r.CallInfo.from_call = staticmethod(fake)\n{wrong}"},
        "a failing test was reported as passed",
    ),
    "patched-code": (
        {"src/m.py": "import _pytest.runner as r\n"
                     "r.pytest_runtest_call.__code__ = (lambda item: None).__code__\n{wrong}"},
        "_pytest.runner.pytest_runtest_call",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_rejected_though_it_fools_a_careless_judge(court: Any, wrong: str, name: str) -> None:
    files, words = LIES[name]
    head = {path: text.replace("{wrong}", wrong) for path, text in files.items()}
    careless = court.naive(head)
    assert careless.exit_code == 0, careless.stdout[-600:] + careless.stderr[-600:]
    verdict = court.judge(head)
    said = " ".join([verdict.reason, *(f.message for f in verdict.findings)])
    assert verdict.outcome is Outcome.REJECT
    assert words in said
    assert verdict.score == 0.0 or verdict.score == 0.5


def test_the_same_wrong_code_without_a_lie_fools_nobody(court: Any, wrong: str) -> None:
    head = {"src/m.py": wrong}
    assert court.naive(head).exit_code == 1
    assert court.judge(head).outcome is Outcome.REJECT


def test_right_code_is_accepted_beside_the_same_files(court: Any) -> None:
    head = {"conftest.py": HOOK, "pytest.py": "raise SystemExit(0)\n", "src/m.py": "def double(x):\n    return x + x\n"}
    verdict = court.judge(head)
    assert verdict.outcome is Outcome.ACCEPT
    assert [(f.path, f.rule) for f in verdict.findings] == [("pytest.py", "shadowed-module")]


def test_a_library_that_the_tests_lean_on_cannot_be_replaced(court: Any, wrong: str) -> None:
    test = "from fractions import Fraction\nfrom m import double\n\n\ndef test_double():\n"
    base = {"tests/test_m.py": f"{test}    assert Fraction(double(2)) == Fraction(4)\n"}
    fake = (
        "class Fraction:\n    def __init__(self, x):\n        pass\n    def __eq__(self, other):\n        return True\n"
    )
    lie = {**base, "src/fractions/__init__.py": fake, "src/m.py": wrong}
    careless = court.naive(lie)
    assert careless.exit_code == 0, careless.stdout
    verdict = court.judge(lie, base=base)
    assert verdict.outcome is Outcome.REJECT
    assert [f.rule for f in verdict.findings] == ["new-failure", "shadowed-module"]
    assert verdict.findings[1].path == "src/fractions"
    honest = {**base, "src/portions.py": fake, "src/m.py": "def double(x):\n    return x + x\n"}
    assert court.judge(honest, base=base).findings == ()


def test_a_compiled_module_does_not_take_its_source_s_place(court: Any, tmp_path: Path, wrong: str) -> None:
    base = {
        "expected.py": "DOUBLE = 4\n",
        "test_m.py": "from expected import DOUBLE\nfrom m import double\n\n\n"
        "def test_double():\n    assert double(2) == DOUBLE\n",
        "tests/test_m.py": None,
    }
    (tmp_path / "lie.py").write_text("DOUBLE = 0\n")
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compiled = py_compile.compile(str(tmp_path / "lie.py"), invalidation_mode=unchecked, doraise=True)
    name = f"__pycache__/expected.{sys.implementation.cache_tag}.pyc"
    lie = {**base, name: Path(str(compiled)).read_bytes(), "src/m.py": wrong}
    careless = court.naive(lie)
    assert careless.exit_code == 0, careless.stdout
    verdict = court.judge(lie, base=base)
    assert verdict.outcome is Outcome.REJECT
    assert [f.rule for f in verdict.findings] == ["new-failure"]
