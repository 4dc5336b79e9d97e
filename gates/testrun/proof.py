"""What a test of the change's own proves: its result on the head beside its result on the base's code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gates.testrun.compare import quote
from gates.testrun.functions import TestFunction
from gates.testrun.model import TestOutcome, TestResult, TestRun
from gates.verdict import Finding, Severity


@dataclass(frozen=True)
class Proof:
    """What became of one own test.

    ``counts`` is false for a function that pytest does not take for a test, and for one that need prove nothing.
    """

    test: TestFunction
    counts: bool = True
    fails_on_head: bool = False
    proves: bool = False
    finding: Finding | None = None


def prove(test: TestFunction, on_head: TestRun, on_base: Sequence[TestRun], *, reworded: bool = False) -> Proof:
    """Judge one test by its run on the head and its runs on the base's code.

    A *reworded* one asserts what the base's tests did; it must pass, and need not prove anything.
    """
    cases = _cases(test, on_head)
    problem = _head_problem(test, cases, on_head)
    if problem is not None:
        return Proof(
            test, fails_on_head=True, finding=_finding(test, "fails-on-head", f"does not pass on the head: {problem}")
        )
    if not cases:
        said = "looks like a test, but pytest does not find it; check its name and its class"
        return Proof(test, counts=False, finding=_finding(test, "not-collected", said, severity=Severity.WARNING))
    passed = [c for c in cases if c.outcome.is_good]
    if test.hollow:
        said = "proves nothing: it names nothing outside itself, so it passes whatever the code does"
        return Proof(test, finding=_finding(test, "proves-nothing", said))
    if not passed and not reworded:
        why = quote(cases[0].message) or "without a reason"
        said = f"proves nothing: on the head it is {cases[0].outcome.value} ({why})"
        return Proof(test, finding=_finding(test, "proves-nothing", said))
    if any(_fails(test, passed, run) for run in on_base):
        return Proof(test, proves=True)
    if reworded:
        said = "asserts what the base's tests assert, and passes with and without the change; it was not counted"
        return Proof(test, counts=False, finding=_finding(test, "reworded", said, severity=Severity.NOTE))
    said = "passes with and without the change, so it proves nothing about it; assert what the change makes true"
    if not any(_cases(test, run) for run in on_base):
        said = "did not run on the base's code, so it proves nothing about the change"
    return Proof(test, finding=_finding(test, "proves-nothing", said))


def still_to_run(tests: Sequence[TestFunction], run: TestRun) -> list[TestFunction]:
    """Return the tests that a run which ended too early had not come to; none where it ended properly."""
    if run.problem is None or run.running is None:
        return []
    culprit = run.running.partition("[")[0]
    missing = {name for r in run.with_outcome(TestOutcome.MISSING) for name in (r.function, r.origin)} - {culprit}
    return [t for t in tests if t.id in missing]


def _cases(test: TestFunction, run: TestRun) -> list[TestResult]:
    return [r for r in run.tests.values() if test.id in (r.function, r.origin)]


def _head_problem(test: TestFunction, cases: Sequence[TestResult], run: TestRun) -> str | None:
    bad = next((c for c in cases if c.outcome.is_bad), None)
    if bad is not None and bad.outcome is not TestOutcome.MISSING:
        return quote(bad.message)
    if bad is not None or (not cases and run.problem is not None):
        return quote(run.problem or "it did not report")
    said = _uncollected(test, run)
    return f"its file {quote(said)}" if not cases and said is not None and not said.startswith("was skipped") else None


def _fails(test: TestFunction, passed: Sequence[TestResult], run: TestRun) -> bool:
    """Whether a test, some of whose cases passed on the head, fails in a run on the base's code."""
    cases = {c.id: c for c in _cases(test, run)}
    if not cases:
        said = _uncollected(test, run)
        return said is not None and not said.startswith("was skipped")
    culprit = run.running if run.problem is not None else None
    ended = {name for name, c in cases.items() if c.outcome is not TestOutcome.MISSING}
    failed = any(cases[name].outcome.is_bad for name in ended)
    # A case that only the head has (it is made from the head's code) does not exist on the base's.
    absent = any(p.id not in cases for p in passed)
    return failed or absent or culprit in cases


def _uncollected(test: TestFunction, run: TestRun) -> str | None:
    """Return what pytest said about the test's file where it could not collect it."""
    for where, said in run.uncollected.items():
        if where.partition("::")[0] == test.path or test.id.startswith(f"{where}::"):
            return said
    return None


def _finding(test: TestFunction, rule: str, said: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(test.path, test.line, rule, f"{quote(test.id)} {said}.", severity)
