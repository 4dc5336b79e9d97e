from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gates.change import Change, MemorySnapshot
from gates.exogenous.own_tests import GATE, OwnTestsSettings
from gates.gate import Context
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.verdict import Finding, Outcome, Severity, Verdict
from gates.workspace import Workspace

pytestmark = pytest.mark.sandbox

CODE = "def double(x):\n    return 2 * x\n"
TESTS = "from m import double\n\n\ndef test_double():\n    assert double(2) == 4\n"
BASE = {"src/m.py": CODE, "tests/test_m.py": TESTS}
# Now also for text; on the base that is "aaaa".
MORE = "def double(x):\n    return 2 * x if isinstance(x, int) else x\n"
PROOF = "\n\ndef test_text():\n    assert double('aa') == 'aa'\n"
IDLE = "\n\ndef test_one():\n    assert double(1) == 2\n"


@pytest.fixture
def context() -> Iterator[Context]:
    own = Interpreter.own()
    with Workspace() as workspace:
        yield Context(workspace, own, own, Bubblewrap(), jobs=2)


def judge(context: Context, head: Mapping[str, str | None], base: Mapping[str, str] = BASE, **settings: Any) -> Verdict:
    files = {p: c for p, c in {**base, **head}.items() if c is not None}
    change = Change.between(MemorySnapshot.of(base), MemorySnapshot.of(files))
    return GATE.judge([change], OwnTestsSettings(**settings), context)[0]


def rules(findings: tuple[Finding, ...]) -> list[tuple[str | None, int | None, str]]:
    return [(f.path, f.line, f.rule) for f in findings]


def test_a_test_that_fails_without_the_change_is_accepted(context: Context) -> None:
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + PROOF})
    assert (verdict.outcome, verdict.score, verdict.findings) == (Outcome.ACCEPT, 1.0, ())


def test_a_test_that_passes_without_the_change_proves_nothing(context: Context) -> None:
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + PROOF + IDLE})
    assert (verdict.outcome, verdict.score) == (Outcome.REJECT, 0.5)
    assert rules(verdict.findings) == [("tests/test_m.py", 12, "proves-nothing")]
    assert "passes with and without the change" in verdict.findings[0].message


def test_one_proof_is_enough_where_any_is_required(context: Context) -> None:
    head = {"src/m.py": MORE, "tests/test_m.py": TESTS + PROOF + IDLE}
    verdict = judge(context, head, require="any")
    assert (verdict.outcome, verdict.score) == (Outcome.ACCEPT, 0.5)
    assert [f.severity for f in verdict.findings] == [Severity.NOTE]
    none = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + IDLE}, require="any")
    assert (none.outcome, none.score) == (Outcome.REJECT, 0.0)


def test_a_test_that_fails_on_the_head_is_rejected(context: Context) -> None:
    wrong = PROOF.replace("== 'aa'", "== 'b'")
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + wrong}, require="any")
    assert verdict.outcome is Outcome.REJECT
    assert rules(verdict.findings) == [("tests/test_m.py", 8, "fails-on-head")]
    assert "does not pass on the head" in verdict.findings[0].message


def test_a_test_of_something_new_fails_on_the_base_because_it_is_not_there(context: Context) -> None:
    new = "from n import triple\n\n\ndef test_triple():\n    assert triple(2) == 6\n"
    head = {"src/n.py": "def triple(x):\n    return 3 * x\n", "tests/test_n.py": new}
    assert judge(context, head).outcome is Outcome.ACCEPT
    inside = TESTS + "\n\ndef test_triple():\n    from n import triple\n    assert triple(2) == 6\n"
    assert judge(context, {**head, "tests/test_n.py": None, "tests/test_m.py": inside}).outcome is Outcome.ACCEPT


def test_a_parametrised_test_needs_one_failing_case(context: Context) -> None:
    cases = (
        "import pytest\nfrom m import double\n\n\n@pytest.mark.parametrize('x, y', {})\n"
        "def test_double(x, y):\n    assert double(x) == y\n"
    )
    base = {**BASE, "tests/test_m.py": cases.format("[(1, 2)]")}
    more = judge(context, {"src/m.py": MORE, "tests/test_m.py": cases.format("[(1, 2), ('a', 'a')]")}, base)
    assert (more.outcome, more.score) == (Outcome.ACCEPT, 1.0)
    idle = judge(context, {"src/m.py": MORE, "tests/test_m.py": cases.format("[(1, 2), (2, 4)]")}, base)
    assert idle.outcome is Outcome.REJECT


def test_methods_of_classes_count_inherited_ones_too(context: Context) -> None:
    tests = (
        "import unittest\nfrom m import double\n\n\nclass Shared:\n"
        "    def test_text(self):\n        assert double(self.value) == self.value\n\n\n"
        "class TestA(Shared):\n    value = 'a'\n\n\nclass B(Shared, unittest.TestCase):\n    value = 'b'\n"
    )
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": tests})
    assert (verdict.outcome, verdict.score, verdict.findings) == (Outcome.ACCEPT, 1.0, ())


def test_a_function_that_pytest_does_not_find_is_said(context: Context) -> None:
    hidden = "\n\nclass Box:\n    def __init__(self):\n        pass\n\n    def test_text(self):\n        assert False\n"
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + PROOF + hidden})
    assert (verdict.outcome, verdict.score) == (Outcome.ACCEPT, 1.0)
    assert rules(verdict.findings) == [("tests/test_m.py", 16, "not-collected")]
    alone = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + hidden})
    assert alone.outcome is Outcome.SKIP and "finds none" in alone.reason


@pytest.mark.parametrize(
    "body",
    [
        "    import pytest\n    pytest.skip('later')\n",
        "    import pytest\n    pytest.xfail('later')\n",
    ],
)
def test_a_test_that_does_not_run_proves_nothing(context: Context, body: str) -> None:
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": f"{TESTS}\n\ndef test_later():\n{body}"})
    assert verdict.outcome is Outcome.REJECT
    assert rules(verdict.findings) == [("tests/test_m.py", 8, "proves-nothing")]


def test_skipping_on_the_base_is_no_failure(context: Context) -> None:
    tests = "import pytest\nn = pytest.importorskip('n')\n\n\ndef test_triple():\n    assert n.triple(2) == 6\n"
    head = {"src/n.py": "def triple(x):\n    return 3 * x\n", "tests/test_n.py": tests}
    verdict = judge(context, head)
    assert verdict.outcome is Outcome.REJECT
    assert "did not run on the base's code" in verdict.findings[0].message


def test_formatting_renaming_and_moving_make_no_own_test(context: Context) -> None:
    moved = TESTS.replace("test_double", "test_twice").replace("double(2) == 4", "(double(2)) == 4  # four")
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": None, "tests/test_new.py": moved})
    assert (verdict.outcome, verdict.reason) == (Outcome.SKIP, "The change has no new or changed tests.")


def test_a_hang_on_the_base_s_code_is_a_failure_there_and_the_others_still_run(context: Context) -> None:
    base = {**BASE, "src/m.py": "def double(x):\n    while x == 'aa':\n        pass\n    return 2 * x\n"}
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + PROOF + IDLE}, base, seconds=5)
    assert verdict.outcome is Outcome.REJECT
    assert rules(verdict.findings) == [("tests/test_m.py", 12, "proves-nothing")]
    alone = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + PROOF}, base, seconds=5)
    assert alone.outcome is Outcome.ACCEPT


def test_a_hang_on_the_head_is_rejected(context: Context) -> None:
    endless = "\n\ndef test_ever():\n    while double(1):\n        pass\n"
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + endless}, seconds=5)
    assert verdict.outcome is Outcome.REJECT
    assert rules(verdict.findings) == [("tests/test_m.py", 8, "fails-on-head")]


def test_a_conftest_that_only_adds_a_fixture_is_used(context: Context) -> None:
    fixture = "import pytest\n\n\n@pytest.fixture\ndef text():\n    return 'aa'\n"
    tests = TESTS + "\n\ndef test_text(text):\n    assert double(text) == text\n"
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": tests, "tests/conftest.py": fixture})
    assert verdict.outcome is Outcome.ACCEPT
    assert "The head's tests/conftest.py was used" in verdict.reason


def test_a_conftest_that_judges_is_not_used(context: Context) -> None:
    # Passes everything where the change is there, fails everything where it is not.
    hook = (
        "import pytest, m\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport(item, call):\n"
        "    report = yield\n    report.outcome = 'passed' if m.double('aa') == 'aa' else 'failed'\n    return report\n"
    )
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + IDLE, "tests/conftest.py": hook})
    assert verdict.outcome is Outcome.REJECT
    assert {f.rule for f in verdict.findings} == {"proves-nothing", "conftest-changed"}
    # The control: as the base's own, the same hook makes the idle test prove something.
    base = {**BASE, "tests/conftest.py": hook}
    fooled = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + IDLE}, base)
    assert fooled.outcome is Outcome.ACCEPT


def test_support_files_are_the_head_s_on_both_sides(context: Context) -> None:
    tests = (
        "import pathlib\nfrom m import double\n\n\ndef test_data():\n"
        "    text = (pathlib.Path(__file__).parent / 'data.txt').read_text()\n    assert double(text) == text\n"
    )
    assert judge(context, {"src/m.py": MORE, "tests/test_d.py": tests, "tests/data.txt": "aa"}).outcome is (
        Outcome.ACCEPT
    )


def test_the_head_s_configuration_is_not_used(context: Context) -> None:
    config = {"pytest.ini": "[pytest]\naddopts = --collect-only\n", "src/m.py": MORE, "tests/test_m.py": TESTS + IDLE}
    assert judge(context, config).outcome is Outcome.REJECT


def test_tests_that_tamper_with_pytest_are_not_believed(context: Context) -> None:
    patch = (
        "import _pytest.python as p, m\n"
        "def run(self):\n    assert m.double('aa') == 'aa'\np.Function.runtest = run\n\n\n"
    )
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": patch + TESTS + IDLE})
    assert verdict.outcome is Outcome.REJECT
    assert {f.rule for f in verdict.findings} == {"forged-result"}


def test_what_the_base_s_conftest_does_to_pytest_is_its_own_habit(context: Context) -> None:
    conftest = (
        "import _pytest.python as p\n\nreal = p.Function.runtest\n\n\n"
        "def run(self):\n    return real(self)\n\n\np.Function.runtest = run\n"
    )
    base = {**BASE, "tests/conftest.py": conftest}
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + PROOF}, base)
    assert verdict.outcome is Outcome.ACCEPT


def test_what_has_nothing_to_prove_is_skipped(context: Context) -> None:
    only_tests = judge(context, {"tests/test_m.py": TESTS + IDLE})
    assert only_tests.outcome is Outcome.SKIP and "no code outside tests" in only_tests.reason
    prose = judge(context, {"tests/test_m.py": TESTS + IDLE, "README.md": "# New\n"})
    assert prose.outcome is Outcome.SKIP
    none = judge(context, {"src/m.py": MORE})
    assert none.outcome is Outcome.SKIP and "no new or changed tests" in none.reason


def test_missing_tests_reject_where_the_policy_says_so(context: Context) -> None:
    verdict = judge(context, {"src/m.py": MORE}, missing="reject")
    assert verdict.outcome is Outcome.REJECT
    assert rules(verdict.findings) == [("src/m.py", None, "no-own-tests")]
    assert judge(context, {"data.bin": "1"}, missing="reject").outcome is Outcome.SKIP


def test_a_runner_that_cannot_start_is_no_verdict_on_the_tests(context: Context) -> None:
    base = {**BASE, "pytest.ini": "[pytest]\naddopts = --no-such-option\n"}
    verdict = judge(context, {"src/m.py": MORE, "tests/test_m.py": TESTS + PROOF}, base)
    assert verdict.outcome is Outcome.ERROR
    assert "pytest refused its command line" in verdict.reason


def test_without_a_sandbox_there_is_no_verdict(context: Context) -> None:
    bare = replace(context, sandbox=None, sandbox_remedy="Install a sandbox.")
    verdict = judge(bare, {"src/m.py": MORE, "tests/test_m.py": TESTS + PROOF})
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, "Install a sandbox.")


def test_a_test_that_is_only_written_another_way_need_prove_nothing(context: Context) -> None:
    another = (
        "from m import double\n\n\nclass TestDouble:\n    def test_double(self) -> None:\n"
        "        result = double(2)\n        assert result == 4, 'twice'\n"
    )
    faster = {"src/m.py": CODE.replace("2 * x", "x + x"), "tests/test_m.py": another}
    verdict = judge(context, faster)
    assert verdict.outcome is Outcome.SKIP
    assert [(f.rule, f.severity) for f in verdict.findings] == [("reworded", Severity.NOTE)]
    assert judge(context, faster, missing="reject").outcome is Outcome.REJECT
    broken = judge(context, {**faster, "src/m.py": "def double(x):\n    return x\n"})
    assert (broken.outcome, rules(broken.findings)) == (Outcome.REJECT, [("tests/test_m.py", 5, "fails-on-head")])
    proof = {"src/m.py": MORE, "tests/test_m.py": another + PROOF}
    assert judge(context, proof).outcome is Outcome.ACCEPT


def test_a_test_of_nothing_proves_nothing_even_where_its_file_needs_the_change(context: Context) -> None:
    head = {"src/n.py": "X = 1\n", "tests/test_n.py": "import n\n\n\ndef test_ok():\n    assert True\n"}
    verdict = judge(context, head)
    assert (verdict.outcome, rules(verdict.findings)) == (Outcome.REJECT, [("tests/test_n.py", 4, "proves-nothing")])
    assert "names nothing outside itself" in verdict.findings[0].message


def test_a_mark_that_the_head_declares_is_known(context: Context) -> None:
    base = {**BASE, "pytest.ini": "[pytest]\naddopts = --strict-markers\nmarkers =\n    fast: quick\n"}
    marked = "\n\nimport pytest\n\n\n@pytest.mark.slow\n@pytest.mark.fast" + PROOF.lstrip("\n").join(("\n", ""))
    head = {"src/m.py": MORE, "tests/test_m.py": TESTS + marked}
    assert judge(context, head, base).outcome is Outcome.REJECT
    declared = {**head, "pytest.ini": base["pytest.ini"] + "    slow: takes long\n"}
    assert judge(context, declared, base).outcome is Outcome.ACCEPT


def test_what_is_not_installed_is_no_fault_of_the_change(context: Context) -> None:
    tests = "import not_installed\nfrom m import double\n\n\ndef test_more():\n    assert double('a') == 'a'\n"
    verdict = judge(context, {"src/m.py": MORE, "tests/test_n.py": tests})
    assert verdict.outcome is Outcome.ERROR
    assert "lacks not_installed" in verdict.reason
    assert "--python" in verdict.reason
    # Nor is a compiled part of the repository that the base has no more than the head.
    hard = "from fast._speed import mul\n"
    base = {
        **BASE,
        "src/fast/__init__.py": "",
        "tests/test_hard.py": f"{hard}\n\ndef test_a():\n    assert mul(1, 1)\n",
    }
    more = f"{hard}\n\ndef test_a():\n    assert mul(1, 1)\n\n\ndef test_b():\n    assert mul(2, 3) == 6\n"
    verdict = judge(context, {"src/m.py": MORE, "tests/test_hard.py": more}, base)
    assert (verdict.outcome, "lacks fast._speed" in verdict.reason) == (Outcome.ERROR, True)


def test_a_module_of_its_own_that_the_change_forgot_is_its_fault(context: Context) -> None:
    tests = "from pack.gone import double\n\n\ndef test_more():\n    assert double('a') == 'a'\n"
    verdict = judge(context, {"src/pack/__init__.py": "", "tests/test_n.py": tests})
    assert (verdict.outcome, rules(verdict.findings)) == (Outcome.REJECT, [("tests/test_n.py", 4, "fails-on-head")])


def test_one_failure_of_the_change_s_own_is_enough_beside_what_is_not_installed(context: Context) -> None:
    head = {
        "src/m.py": MORE,
        "tests/test_n.py": "import not_installed\n\n\ndef test_more():\n    assert not_installed.x\n",
        "tests/test_o.py": "from m import double\n\n\ndef test_o():\n    assert double('a') == 'b'\n",
    }
    assert judge(context, head).outcome is Outcome.REJECT
