from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.testrun.model import TestOutcome, TestResult, TestRun, assemble

FINISH = {"k": "finish", "status": 0, "timeout": False, "flood": False, "forged": 0}


def phase(name: str, when: str, outcome: str, *, xfail: bool = False, **more: Any) -> dict[str, Any]:
    return {"k": "phase", "id": name, "when": when, "outcome": outcome, "xfail": xfail, "seconds": 0.5, **more}


def one(*phases: tuple[str, str], end: bool = True, xfail: bool = False) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = [
        {"k": "item", "id": "t.py::t", "origin": "t.py::t"},
        {"k": "collected", "n": 1},
        {"k": "start", "id": "t.py::t"},
    ]
    records += [
        phase("t.py::t", when, outcome, xfail=xfail, message="why", trace=[["a.py", 3]]) for when, outcome in phases
    ]
    return [*records, {"k": "end", "id": "t.py::t"}] if end else records


@pytest.mark.parametrize(
    ("phases", "xfail", "outcome"),
    [
        ([("setup", "passed"), ("call", "passed"), ("teardown", "passed")], False, TestOutcome.PASSED),
        ([("setup", "passed"), ("call", "failed"), ("teardown", "passed")], False, TestOutcome.FAILED),
        ([("setup", "passed"), ("call", "passed"), ("teardown", "failed")], False, TestOutcome.ERROR),
        ([("setup", "failed"), ("teardown", "passed")], False, TestOutcome.ERROR),
        ([("setup", "skipped"), ("teardown", "passed")], False, TestOutcome.SKIPPED),
        ([("setup", "passed"), ("call", "skipped")], True, TestOutcome.XFAILED),
        ([("setup", "passed"), ("call", "passed")], True, TestOutcome.XPASSED),
        # A failed sub-test reports before its test does.
        ([("setup", "passed"), ("call", "failed"), ("call", "passed")], False, TestOutcome.FAILED),
        # A re-run: the last word counts.
        ([("setup", "passed"), ("call", "rerun"), ("call", "passed")], False, TestOutcome.PASSED),
        ([("setup", "passed")], False, TestOutcome.MISSING),
    ],
)
def test_a_test_s_outcome_is_the_sum_of_its_phases(
    phases: list[tuple[str, str]], xfail: bool, outcome: TestOutcome
) -> None:
    run = assemble([*one(*phases, xfail=xfail), {"k": "done", "exit": 1}, {**FINISH, "status": 1}])
    assert run.tests["t.py::t"].outcome is outcome
    assert run.problem is None


def test_a_test_that_did_not_end_is_missing_whatever_it_said() -> None:
    run = assemble([*one(("setup", "passed"), ("call", "passed"), end=False), {**FINISH, "status": 0}])
    assert run.tests["t.py::t"].outcome is TestOutcome.MISSING
    assert run.running == "t.py::t"
    assert run.problem is not None and "exit status 0 before it was done" in run.problem


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "ended before it had reported everything"),
        ([{**FINISH, "status": None, "timeout": True}], "did not finish in the time given"),
        ([{**FINISH, "status": None, "flood": True}], "more than any real suite"),
        ([{**FINISH, "status": -9}], "signal 9"),
        ([{"k": "collected", "n": 0}, {"k": "done", "exit": 0}, {**FINISH, "status": 3}], "its process ended with"),
        ([{"k": "done", "exit": 4}, {**FINISH, "status": 4}], "pytest refused its command line"),
        (
            [{"k": "internal", "message": "boom"}, {"k": "done", "exit": 3}, {**FINISH, "status": 3}],
            "pytest failed internally (boom)",
        ),
        ([{"k": "done", "exit": 0}, FINISH], "never said which tests"),
    ],
)
def test_a_run_without_a_proper_end_says_why(records: list[dict[str, Any]], words: str) -> None:
    problem = assemble(records).problem
    assert problem is not None and words in problem


def test_a_test_that_never_began_is_missing() -> None:
    records = one(("call", "passed"))
    run = assemble([{"k": "item", "id": "t.py::u", "origin": "t.py::Base::u"}, *records, {**FINISH, "status": -9}])
    assert run.tests["t.py::u"] == TestResult("t.py::u", TestOutcome.MISSING, origin="t.py::Base::u")
    # The other had ended: nothing was running when the process died.
    assert run.running is None


def test_a_reason_from_outside_comes_first() -> None:
    assert assemble(one(("call", "passed")), "it was stopped.").problem == "it was stopped."


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([{"k": "tampered", "names": ["_pytest.x"]}], "altered while it ran: _pytest.x"),
        ([{**FINISH, "forged": 2}], "2 line(s)"),
        ([{"k": "unknown"}], "1 line(s)"),
        ([{"k": "phase", "id": "t"}], "1 line(s)"),
        ([{"k": "end", "id": "never seen"}], "1 line(s)"),
        ([*one(("call", "failed")), {"k": "done", "exit": 0}, FINISH], "exit status says that all tests passed"),
    ],
)
def test_what_cannot_be_believed_is_said(records: list[dict[str, Any]], words: str) -> None:
    assert words in " ".join(assemble(records).distrust)


def test_an_honest_run_is_believed() -> None:
    run = assemble([*one(("call", "passed")), {"k": "tampered", "names": []}, {"k": "done", "exit": 0}, FINISH])
    assert (run.distrust, run.problem, [t.id for t in run.good]) == ((), None, ["t.py::t"])
    assert run.tests["t.py::t"].seconds == 0.5
    assert not run.timed_out


def test_what_is_known_of_a_failing_test() -> None:
    run = assemble([*one(("setup", "passed"), ("call", "failed")), {"k": "done", "exit": 1}, {**FINISH, "status": 1}])
    test = run.tests["t.py::t"]
    assert (test.message, test.trace, test.seconds, test.path) == ("why", (("a.py", 3),), 1.0, "t.py")
    assert [t.id for t in run.with_outcome(TestOutcome.FAILED)] == ["t.py::t"]
    assert run.with_outcome(TestOutcome.PASSED) == []
    assert assemble([{**FINISH, "status": None, "timeout": True}]).timed_out


values: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 7, 0.5, "", "call", "passed", "failed", [], ["x"], [["a", 1]], [[1]], {}]
)
kinds = st.sampled_from(["item", "collected", "uncollected", "start", "phase", "end", "tampered", "done", "internal"])
fields = st.sampled_from(
    ["id", "n", "when", "outcome", "message", "trace", "seconds", "names", "exit", "origin", "xfail"]
)


@given(st.lists(st.dictionaries(fields, values).flatmap(lambda d: kinds.map(lambda k: {**d, "k": k})), max_size=8))
def test_no_record_makes_it_crash_or_pass_without_a_finish(records: list[dict[str, Any]]) -> None:
    assert assemble(records).problem is not None


results = st.builds(
    TestResult,
    st.text(max_size=9),
    st.sampled_from(TestOutcome),
    st.text(max_size=9),
    st.lists(st.tuples(st.text(max_size=5), st.integers(1, 99))).map(tuple),
    st.floats(0, 9),
    st.text(max_size=5),
)


@given(st.lists(results, max_size=4), st.dictionaries(st.text(max_size=4), st.text(max_size=4)), st.none() | st.text())
def test_a_run_survives_the_cache(tests: list[TestResult], uncollected: dict[str, str], problem: str | None) -> None:
    import json

    run = TestRun({t.id: t for t in tests}, uncollected, problem, None, ("x",), 1.5)
    assert TestRun.from_json(json.loads(json.dumps(run.as_json()))) == run
