"""Gate ``base-tests``: the base's tests, which the author could not touch, on the head's code."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from pydantic import Field

from gates.cache import key_of
from gates.change import Change, Snapshot
from gates.gate import Context, CouldNotJudgeError, Kind, Need, PreparedOutcome, Settings
from gates.testfiles import TestLayout
from gates.testrun.compare import Breakage, breakages, findings, quote
from gates.testrun.lacking import is_foreign, lacking, only_lacks
from gates.testrun.manifest import is_manifest
from gates.testrun.model import TestRun
from gates.testrun.runner import Selection, environment_key, refuse_cut_short, run_tests, runner_interpreter
from gates.testrun.shadows import findings as shadow_findings
from gates.testrun.shadows import shadows
from gates.testrun.trees import Overlay
from gates.verdict import Finding, Severity, Verdict

NAME = "base-tests"
VERSION = "1"
# A head that needs this many times what the base's tests took hangs, even where the review had little time left.
_PATIENCE = 5.0
_START_SECONDS = 5.0


class BaseTestsSettings(Settings):
    """``seconds`` is the wall time that one run of the base's tests may take."""

    seconds: float = Field(default=600.0, gt=0)


@dataclass(frozen=True)
class BaseTests:
    """Runs the base's tests on the base and on the head's code, and rejects what newly fails.

    The head's code is judged in a tree of which everything that decides about tests (test modules, their data,
    ``conftest.py``, the runner's configuration) is the base's; of a manifest that code reads too, the part that
    pytest reads. A test that fails on both sides is no finding. One
    that newly fails is run on the base once more, and only warned about where it fails there too. The score is the
    share of the tests passing on the base that also pass on the head.
    """

    name: str = NAME
    version: str = VERSION
    kind: Kind = Kind.EXOGENOUS
    summary: str = "the base's tests pass on the head's code"
    needs: frozenset[Need] = frozenset({Need.SANDBOX, Need.PYTEST})
    settings_type: type[Settings] = BaseTestsSettings

    def judge(self, changes: Sequence[Change], settings: BaseTestsSettings, context: Context) -> list[Verdict]:
        """Judge each change; several at once where the context allows it."""
        ready = (
            context.prepared_tests.outcomes(changes) if context.prepared_tests is not None else [None] * len(changes)
        )
        with ThreadPoolExecutor(max(1, min(context.jobs, len(changes)))) as pool:
            narrowed = replace(context, jobs=max(1, context.jobs // max(1, len(changes))))
            bases = _BaseRuns(settings, narrowed)
            return list(
                pool.map(
                    lambda change, known: _prepared(known) if known else _judge(change, bases, settings, narrowed),
                    changes,
                    ready,
                )
            )


GATE = BaseTests()


class _BaseRuns:
    """The base's tests on the base, once for all changes of a batch that share it."""

    def __init__(self, settings: BaseTestsSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._runs: dict[str, TestRun] = {}

    def of(self, base: Snapshot) -> TestRun:
        """Return the run, from the cache where these tests ran before.

        One that did not come to its end is not cached: another day there may be more time.
        """
        with self._guard:
            lock = self._locks.setdefault(base.id, threading.Lock())
        with lock:
            if base.id not in self._runs:
                self._runs[base.id] = self._cached(base)
            return self._runs[base.id]

    def _cached(self, base: Snapshot) -> TestRun:
        interpreter, _ = runner_interpreter(self._context)
        key = key_of(NAME, VERSION, base.id, environment_key(interpreter))
        found = self._context.cache.get(key)
        if found is not None:
            return TestRun.from_json(found)
        run = run_tests(self._context, base, base, self._settings.seconds)
        if run.problem is None:
            self._context.cache.put(key, run.as_json())
        return run


def _prepared(outcome: PreparedOutcome) -> Verdict:
    if outcome.failure is None:
        reason = f"All {outcome.total} tests that pass on the base also pass on the head."
        return Verdict.accept(NAME, reason, score=1.0)
    return Verdict.reject(NAME, f"A test that passes on the base does not pass on the head: {quote(outcome.failure)}")


def _judge(change: Change, bases: _BaseRuns, settings: BaseTestsSettings, context: Context) -> Verdict:
    layout = TestLayout.of(change.base)
    if not any(layout.is_test_module(path) for path in change.base.entries):
        return Verdict.skip(NAME, "The base has no tests, so there is nothing to run on the head's code.")
    if all(layout.judges(f.path) and (f.old_path is None or layout.judges(f.old_path)) for f in change.files):
        return Verdict.skip(NAME, "The change touches only tests and their configuration; no code was changed.")
    try:
        return _compare(change, layout, bases, settings, context)
    except CouldNotJudgeError as error:
        return Verdict.error(NAME, str(error))


def _compare(
    change: Change, layout: TestLayout, bases: _BaseRuns, settings: BaseTestsSettings, context: Context
) -> Verdict:
    interpreter, remark = runner_interpreter(context)
    shadowing = shadows(change, layout, interpreter)

    def judges(path: str) -> bool:
        return (layout.judges(path) and not is_manifest(path)) or _lies_in(path, shadowing)

    judged = Overlay(change.head, change.base, judges)
    with ThreadPoolExecutor(2 if context.jobs > 1 else 1) as pool:
        first = pool.submit(bases.of, change.base)
        second = pool.submit(run_tests, context, judged, change.base, settings.seconds)
        before, after = first.result(), second.result()
    unusable = _unusable(before, context)
    if unusable is not None:
        return unusable
    if before.problem is not None or after.limit < _PATIENCE * (before.seconds + _START_SECONDS):
        refuse_cut_short(after, settings.seconds)
    lies = _distrust(before, after)
    if lies:
        reason = "The results on the head cannot be believed: judged code interfered with the test runner."
        return Verdict.reject(NAME, reason + remark, score=0.0, findings=lies)
    broken = breakages(before, after)
    if broken:
        _refuse_lacking(change, after, context)
    flaky = _flaky(change, broken, after, settings, context)
    verdict = _verdict(change, before, after, [b for b in broken if b not in flaky], flaky, remark)
    return replace(verdict, findings=(*verdict.findings, *shadow_findings(shadowing)))


def _refuse_lacking(change: Change, after: TestRun, context: Context) -> None:
    """Raise ``CouldNotJudgeError`` where the head fails for nothing but modules that nobody has installed yet."""
    wanted = lacking(after)
    if only_lacks(after) and all(is_foreign(name, change.head) for name in wanted):
        names = ", ".join(quote(name) for name in wanted)
        raise CouldNotJudgeError(
            f"The head's code needs {names}, which the Python that runs the tests does not have. "
            f"Install it into {context.interpreter.executable}, or name another interpreter with --python."
        )


def _lies_in(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _unusable(before: TestRun, context: Context) -> Verdict | None:
    """Return the verdict where the base's own run is no measure, else ``None``."""
    if before.good:
        return None
    python = context.interpreter.executable
    if before.problem is not None:
        running = f" while {quote(before.running)} was running" if before.running else ""
        return Verdict.error(
            NAME,
            f"The base's own tests could not be run{running}: {quote(before.problem)}. "
            f"See that they run by hand with {python}.",
        )
    if before.uncollected:
        path, said = next(iter(before.uncollected.items()))
        return Verdict.error(
            NAME,
            f"None of the base's tests could be collected; for example {quote(path)} {quote(said)}. "
            f"Install the repository's dependencies into {python}, or name another interpreter with --python.",
        )
    if not before.tests:
        return Verdict.skip(NAME, "The base has test files, but pytest finds no tests in them.")
    return Verdict.skip(
        NAME, f"None of the base's {len(before.tests)} tests passes on the base itself, so none can newly fail."
    )


def _distrust(before: TestRun, after: TestRun) -> tuple[Finding, ...]:
    """Return why the head's results cannot be believed; what the base does as well is its own habit."""
    return tuple(
        Finding(None, None, "forged-result", quote(reason), Severity.ERROR)
        for reason in after.distrust
        if reason not in before.distrust
    )


def _flaky(
    change: Change, broken: list[Breakage], after: TestRun, settings: BaseTestsSettings, context: Context
) -> list[Breakage]:
    """Return those that fail on the base as well when their files run once more.

    Whole files, because tests may lean on those before them. One that is not found again (its id holds a moment or
    a random number) counts as well. A head that hangs or dies is rejected whatever else is flaky.
    """
    if not broken or after.problem is not None:
        return []
    files = tuple(dict.fromkeys(b.before.path for b in broken))
    again = run_tests(context, change.base, change.base, settings.seconds, Selection(files=files))
    if again.problem is not None or not again.tests:
        return []
    steady = {t.id for t in again.good}
    return [b for b in broken if b.before.id not in steady]


def _verdict(
    change: Change, before: TestRun, after: TestRun, broken: list[Breakage], flaky: list[Breakage], remark: str
) -> Verdict:
    total, failed = len(before.good), len(broken)
    found = (
        *findings(change, broken, after, Severity.ERROR),
        *(replace(f, rule="flaky-test") for f in findings(change, flaky, after, Severity.WARNING)),
    )
    notes = _notes(before, flaky) + remark
    score = (total - failed) / total
    if before.problem is not None and not broken:
        reason = f"The base's own tests do not come to an end: {quote(before.problem)}. Repair that first."
        return Verdict.error(NAME, reason + notes, findings=found)
    if after.problem is not None and not broken:
        # Every test had passed; what ended the run afterwards is still no proper end.
        said = quote(after.problem)
        found = (*found, Finding(None, None, "broken-run", f"On the head {said}.", Severity.ERROR))
        reason = f"The base's tests did not come to a proper end on the head: {said}."
        return Verdict.reject(NAME, reason + notes, score=score, findings=found)
    if broken:
        hang = f" The run on the head did not finish: {quote(after.problem)}." if after.problem else ""
        reason = f"{failed} of {_tests(total)} on the base {'does' if failed == 1 else 'do'} not pass on the head."
        return Verdict.reject(NAME, reason + hang + notes, score=score, findings=found)
    every = "The one test that passes" if total == 1 else f"All {_tests(total)}"
    reason = f"{every} on the base also pass{'es' if total == 1 else ''} on the head."
    return Verdict.accept(NAME, reason + notes, score=score, findings=found)


def _tests(count: int) -> str:
    return "1 test that passes" if count == 1 else f"{count} tests that pass"


def _notes(before: TestRun, flaky: list[Breakage]) -> str:
    """Return sentences on what was not judged, and why."""
    others, files = len(before.tests) - len(before.good), len(before.uncollected)
    return (
        (f" {others} did not pass on the base either." if others else "")
        + (f" {files} of the base's test files could not be collected on the base either." if files else "")
        + (f" {len(flaky)} that failed on the head also failed on the base when run again: flaky." if flaky else "")
    )
