"""What a change broke: one run of the base's tests on the base, one on the head's code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gates.change import Change
from gates.testrun.model import TestOutcome, TestResult, TestRun
from gates.toolrun import neutral
from gates.verdict import Finding, Severity

_QUOTED = 300
_LISTED_TESTS = 5


@dataclass(frozen=True)
class Breakage:
    """A test of the base that found nothing wrong there and does not say so any more."""

    before: TestResult
    after: TestResult

    @property
    def rule(self) -> str:
        """The finding's rule."""
        if self.after.outcome is TestOutcome.MISSING:
            return "missing-test"
        return "new-failure" if self.after.outcome.is_bad else "new-skip"


def breakages(before: TestRun, after: TestRun) -> list[Breakage]:
    """Return what *before* passed and *after* does not: failed, errored, skipped, or never reported."""
    gone = TestOutcome.MISSING
    return [
        Breakage(test, after.tests.get(test.id, TestResult(test.id, gone)))
        for test in before.good
        if test.id not in after.tests or not after.tests[test.id].outcome.is_good
    ]


def findings(change: Change, broken: Iterable[Breakage], after: TestRun, severity: Severity) -> list[Finding]:
    """Return the findings for what broke: one for each failing test, one a file for tests that never reported."""
    result, missing = [], defaultdict[str, list[Breakage]](list)
    for item in broken:
        if item.after.outcome is TestOutcome.MISSING and item.before.id != after.running:
            missing[item.before.path].append(item)
        else:
            result.append(_one(change, item, after, severity))
    result += [_missing(path, items, after, severity) for path, items in missing.items()]
    return result


def quote(text: str) -> str:
    """Return a text out of judged code, on one line, printable and of bounded length."""
    flat = " ".join(neutral(text).split())
    return flat if len(flat) <= _QUOTED else f"{flat[:_QUOTED]}..."


def place(change: Change, test: TestResult) -> tuple[str, int | None]:
    """Return where a failure belongs: the innermost changed line that its error came through, else the test file."""
    written = {f.path: f for f in change.present()}
    for path, line in reversed(test.trace):
        if path in written and written[path].touches(line):
            return path, line
    own = next((line for path, line in reversed(test.trace) if path == test.path), None)
    return test.path, own


def _one(change: Change, item: Breakage, after: TestRun, severity: Severity) -> Finding:
    path, line = place(change, item.after)
    name, said = quote(item.before.id), quote(item.after.message)
    if item.before.id == after.running:
        return Finding(path, line, "missing-test", f"{name} was running when {_lower(after.problem)}.", severity)
    if item.rule == "new-skip":
        return Finding(
            path,
            line,
            item.rule,
            f"{name} passes on the base; on the head it is {item.after.outcome.value}: {said}",
            severity,
        )
    return Finding(path, line, item.rule, f"{name} passes on the base and fails on the head: {said}", severity)


def _missing(path: str, items: list[Breakage], after: TestRun, severity: Severity) -> Finding:
    count = len(items)
    names = ", ".join(quote(i.before.id.partition("::")[2] or i.before.id) for i in items[:_LISTED_TESTS])
    more = f" and {count - _LISTED_TESTS} more" if count > _LISTED_TESTS else ""
    why = next((said for where, said in _uncollected(after, path)), None)
    reason = (
        f"the file {quote(why)}"
        if why
        else f"{quote(after.problem)}"
        if after.problem
        else "pytest no longer finds them"
    )
    noun = "test that passes" if count == 1 else "tests that pass"
    return Finding(
        path,
        None,
        "missing-test",
        f"{count} {noun} on the base did not report on the head ({names}{more}): {reason}",
        severity,
    )


def _uncollected(run: TestRun, path: str) -> Iterator[tuple[str, str]]:
    """Yield what is said of a file, or of a directory above it, that could not be collected."""
    for where, said in _items(run.uncollected):
        if where.partition("::")[0] == path or path.startswith(where.rstrip("/") + "/") or where in ("", "."):
            yield where, said


def _items(mapping: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(mapping.items(), key=lambda item: -len(item[0]))


def _lower(sentence: str | None) -> str:
    return quote(sentence or "the run ended").rstrip(".")
