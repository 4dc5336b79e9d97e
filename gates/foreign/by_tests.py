"""Two runs compared test by test, by their JUnit reports."""

from __future__ import annotations

from gates.change import Change
from gates.foreign import junit
from gates.foreign.judgement import (
    Judgement,
    capped,
    counted,
    disagreeing,
    read_report,
    require_finished,
    unreadable,
    without_base_report,
)
from gates.foreign.junit import Case, JUnitReport, ReportError, State
from gates.foreign.runs import Run
from gates.verdict import Finding, Outcome, Severity


def _report(run: Run) -> JUnitReport:
    return junit.read(run.reports, run.root)


def _with_tests(run: Run) -> JUnitReport:
    report = _report(run)
    if not report.cases:
        raise ReportError("It lists no test, so nothing would be compared.")
    return report


def by_tests(report: str | None, change: Change, base: Run, head: Run) -> Judgement:
    """Compare the tests of two runs: those that passed on the base must pass on the head, as often as they did."""
    try:
        before = read_report(base, _with_tests)
    except ReportError as error:
        return without_base_report(report, base, head, error, lambda: _no_failed_test(head))
    try:
        require_finished(head)
        after = read_report(head, _report)
    except ReportError as error:
        return unreadable(report, head, error)
    passing = [name for name, case in before.cases.items() if case.state is State.PASSED]
    lost = [f for name in passing if (f := _lost(name, before, after, change)) is not None]
    new = [f for name, case in after.cases.items() if name not in before.cases and (f := _new(name, case, change))]
    score = 1 - len(lost) / len(passing) if passing else None
    if lost or new:
        return Judgement(Outcome.REJECT, _reason(len(passing), len(lost), len(new)), capped([*lost, *new]), score)
    if base.passed and not head.passed:
        return disagreeing(head, "names no test that newly fails", score)
    known = sum(1 for case in before.cases.values() if case.state is State.FAILED)
    rest = f"; {known} failing on the base do not count" if known else ""
    reason = f"passes {counted(len(passing), 'test')} on the head's code, all that pass on the base{rest}."
    return Judgement(Outcome.ACCEPT, reason, (), score)


def _reason(passing: int, lost: int, new: int) -> str:
    parts = [f"{lost} of {counted(passing, 'test')} that passed on the base failing or gone"] if lost else []
    parts += [f"{counted(new, 'new test')} failing"] if new else []
    return f"has {' and '.join(parts)} on the head's code."


def _lost(name: str, before: JUnitReport, after: JUnitReport, change: Change) -> Finding | None:
    """Return what became of a test that passed on the base, ``None`` where it still passes as often as it did."""
    case = after.cases.get(name)
    if case is None or after.counts[name] < before.counts[name]:
        text = f"{name} passed on the base and is missing from the head's report."
        return _finding("test-missing", text, before.cases[name], change)
    if case.state is State.PASSED:
        return None
    word = "is skipped" if case.state is State.SKIPPED else "fails"
    rule = "test-skipped" if case.state is State.SKIPPED else "test-failed"
    text = f"{name} passes on the base and {word} on the head. {case.message}".strip()
    return _finding(rule, text, case, change)


def _new(name: str, case: Case, change: Change) -> Finding | None:
    """Return a finding for a test that the base did not have, where it fails."""
    if case.state is not State.FAILED:
        return None
    return _finding("test-failed", f"{name} is new and fails. {case.message}", case, change)


def _finding(rule: str, text: str, case: Case, change: Change) -> Finding:
    known = case.file in change.head.entries
    return Finding(case.file if known else None, case.line if known else None, rule, text.strip(), Severity.ERROR)


def _no_failed_test(head: Run) -> bool:
    return all(case.state is not State.FAILED for case in _with_tests(head).cases.values())
