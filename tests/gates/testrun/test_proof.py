from __future__ import annotations

import pytest

from gates.testrun.functions import TestFunction
from gates.testrun.model import TestOutcome, TestResult, TestRun
from gates.testrun.proof import Proof, prove, still_to_run
from gates.verdict import Severity

OUT = TestOutcome
TEST = TestFunction("t.py::a", 3, "")
PASSED = {"a": OUT.PASSED}


def run(
    outcomes: dict[str, TestOutcome], problem: str | None = None, running: str | None = None, **uncollected: str
) -> TestRun:
    tests = {f"t.py::{n}": TestResult(f"t.py::{n}", o, "it said") for n, o in outcomes.items()}
    return TestRun(tests, {f"{n}.py": said for n, said in uncollected.items()}, problem, running)


def rule(proof: Proof) -> str | None:
    return proof.finding.rule if proof.finding else None


@pytest.mark.parametrize(
    "on_base",
    [
        run({"a": OUT.FAILED}),
        run({"a": OUT.ERROR}),
        run({}, t="could not be collected: no module n"),
        run({"a": OUT.MISSING}, problem="it hung", running="t.py::a"),
    ],
)
def test_failing_on_the_base_proves_something(on_base: TestRun) -> None:
    assert prove(TEST, run(PASSED), [on_base]) == Proof(TEST, proves=True)


@pytest.mark.parametrize(
    "on_base",
    [
        run(PASSED),
        run({"a": OUT.SKIPPED}),
        run({"a": OUT.XFAILED}),
        run({}, t="was skipped as a whole: no n"),
        run({}),
        run({"a": OUT.MISSING, "b": OUT.MISSING}, problem="it hung", running="t.py::b"),
        run({}, other="could not be collected: boom"),
    ],
)
def test_anything_else_proves_nothing(on_base: TestRun) -> None:
    proof = prove(TEST, run(PASSED), [on_base])
    assert (proof.proves, rule(proof), proof.counts) == (False, "proves-nothing", True)


def test_a_later_run_can_bring_the_proof() -> None:
    first = run({"a": OUT.MISSING, "b": OUT.MISSING}, problem="it hung", running="t.py::b")
    assert prove(TEST, run(PASSED), [first, run({"a": OUT.FAILED})]).proves


def test_one_failing_case_is_enough_and_so_is_one_that_is_not_there() -> None:
    head = run({"a[1]": OUT.PASSED, "a[2]": OUT.PASSED, "a[3]": OUT.SKIPPED})
    assert prove(TEST, head, [run({"a[1]": OUT.PASSED, "a[2]": OUT.FAILED})]).proves
    assert prove(TEST, head, [run({"a[1]": OUT.PASSED})]).proves
    assert not prove(TEST, head, [run({"a[1]": OUT.PASSED, "a[2]": OUT.PASSED})]).proves


@pytest.mark.parametrize(
    ("on_head", "words"),
    [
        (run({"a": OUT.FAILED}), "does not pass on the head: it said"),
        (run({"a": OUT.MISSING}, problem="it died"), "it died"),
        (run({}, problem="it died"), "it died"),
        (run({}, t="could not be collected: boom"), "its file could not be collected: boom"),
        (run({"a[1]": OUT.PASSED, "a[2]": OUT.ERROR}), "it said"),
    ],
)
def test_a_test_that_does_not_pass_on_the_head_is_told(on_head: TestRun, words: str) -> None:
    proof = prove(TEST, on_head, [run({"a": OUT.FAILED})])
    assert proof.fails_on_head and not proof.proves
    assert proof.finding is not None
    assert (proof.finding.rule, proof.finding.line, proof.finding.severity) == ("fails-on-head", 3, Severity.ERROR)
    assert words in proof.finding.message


def test_what_pytest_does_not_find_does_not_count() -> None:
    proof = prove(TEST, run({"b": OUT.PASSED}), [run({})])
    assert (proof.counts, rule(proof)) == (False, "not-collected")


@pytest.mark.parametrize("outcome", [OUT.SKIPPED, OUT.XFAILED])
def test_what_does_not_run_on_the_head_proves_nothing(outcome: TestOutcome) -> None:
    proof = prove(TEST, run({"a": outcome}), [run({"a": OUT.FAILED})])
    assert (proof.proves, rule(proof)) == (False, "proves-nothing")
    assert proof.finding is not None and f"on the head it is {outcome.value} (it said)" in proof.finding.message


def test_inherited_tests_belong_to_the_function_they_are_written_as() -> None:
    head = TestRun({"x": TestResult("t.py::Sub::a", OUT.PASSED, origin="t.py::a")})
    base = TestRun({"x": TestResult("t.py::Sub::a", OUT.FAILED, origin="t.py::a")})
    assert prove(TEST, head, [base]).proves


def test_what_is_left_after_a_run_that_ended_early() -> None:
    others = [TestFunction(f"t.py::{name}", 1, "") for name in ("a", "b", "c")]
    early = run({"a": OUT.PASSED, "b[1]": OUT.MISSING, "c": OUT.MISSING}, problem="it hung", running="t.py::b[1]")
    assert still_to_run(others, early) == [others[2]]
    assert still_to_run(others, run({"c": OUT.MISSING})) == []
    assert still_to_run(others, run({"c": OUT.MISSING}, problem="it died before any test")) == []
