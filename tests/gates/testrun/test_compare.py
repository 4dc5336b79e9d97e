from __future__ import annotations

from gates.change import Change, MemorySnapshot
from gates.testrun.compare import breakages, findings, place, quote
from gates.testrun.model import TestOutcome, TestResult, TestRun
from gates.verdict import Finding, Severity

OUT = TestOutcome
CHANGE = Change.between(
    MemorySnapshot.of({"m.py": "a = 1\nb = 2\nc = 3\n", "t.py": ""}),
    MemorySnapshot.of({"m.py": "a = 1\nb = 0\nc = 3\n", "t.py": ""}),
)


def run(problem: str | None = None, running: str | None = None, **outcomes: TestOutcome) -> TestRun:
    tests = {
        f"t.py::{name}": TestResult(f"t.py::{name}", outcome, f"{name} said") for name, outcome in outcomes.items()
    }
    return TestRun(tests, {}, problem, running)


def told(before: TestRun, after: TestRun) -> list[Finding]:
    return findings(CHANGE, breakages(before, after), after, Severity.ERROR)


def test_what_passed_and_does_not_any_more_is_broken() -> None:
    before = run(a=OUT.PASSED, b=OUT.PASSED, c=OUT.XPASSED, d=OUT.FAILED, e=OUT.SKIPPED, f=OUT.XFAILED, g=OUT.PASSED)
    after = run(a=OUT.PASSED, b=OUT.FAILED, c=OUT.SKIPPED, d=OUT.FAILED, e=OUT.FAILED, f=OUT.FAILED)
    broken = breakages(before, after)
    assert [(b.before.id, b.rule) for b in broken] == [
        ("t.py::b", "new-failure"),
        ("t.py::c", "new-skip"),
        ("t.py::g", "missing-test"),
    ]
    assert breakages(before, run(a=OUT.PASSED, b=OUT.XPASSED, c=OUT.PASSED, g=OUT.PASSED)) == []


def test_each_failure_is_told_with_its_words() -> None:
    first, second = told(run(a=OUT.PASSED, b=OUT.PASSED), run(a=OUT.ERROR, b=OUT.XFAILED))
    assert (first.path, first.rule, first.severity) == ("t.py", "new-failure", Severity.ERROR)
    assert first.message == "t.py::a passes on the base and fails on the head: a said"
    assert second.message == "t.py::b passes on the base; on the head it is xfailed: b said"


def test_tests_that_never_reported_are_told_once_a_file() -> None:
    before = run(**{f"t{n}": OUT.PASSED for n in range(7)})
    (finding,) = told(before, run(problem="the run died"))
    assert finding.rule == "missing-test"
    assert finding.message == (
        "7 tests that pass on the base did not report on the head (t0, t1, t2, t3, t4 and 2 more): the run died"
    )
    (single,) = told(run(a=OUT.PASSED), run())
    assert (
        "1 test that passes on the base did not report on the head (a): pytest no longer finds them" in single.message
    )


def test_the_reason_why_a_file_could_not_be_collected_is_told() -> None:
    for where in ("t.py", "t.py::Cases", ""):
        after = TestRun({}, {where: "could not be collected: boom"})
        (finding,) = told(run(a=OUT.PASSED), after)
        assert finding.message.endswith("(a): the file could not be collected: boom")
    both = TestRun({}, {"": "could not be collected: all", "t.py": "could not be collected: boom"})
    assert "boom" in told(run(a=OUT.PASSED), both)[0].message
    other = TestRun({}, {"other.py": "could not be collected: boom"})
    assert "boom" not in told(run(a=OUT.PASSED), other)[0].message


def test_the_test_that_was_running_is_named() -> None:
    after = run(problem="the tests hung.", running="t.py::b", b=OUT.MISSING, c=OUT.MISSING)
    running, rest = told(run(b=OUT.PASSED, c=OUT.PASSED), after)
    assert running.message == "t.py::b was running when the tests hung."
    assert rest.message.startswith("1 test that passes on the base did not report on the head (c)")


def test_a_failure_belongs_to_the_innermost_changed_line_it_came_through() -> None:
    def at(*trace: tuple[str, int]) -> tuple[str, int | None]:
        return place(CHANGE, TestResult("t.py::a", OUT.FAILED, trace=trace))

    assert at(("t.py", 9), ("m.py", 2), ("m.py", 3)) == ("m.py", 2)
    assert at(("t.py", 9), ("m.py", 3)) == ("t.py", 9)
    assert at(("other.py", 1)) == ("t.py", None)


def test_what_is_quoted_is_one_printable_line_of_bounded_length() -> None:
    assert quote("a\n\x1b[2Jb\t c") == "a ?[2Jb? c"
    assert len(quote("x" * 5000)) < 310
    assert quote("x" * 300) == "x" * 300
