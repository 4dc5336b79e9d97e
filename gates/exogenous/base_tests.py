"""Gate ``base-tests``: the base's tests, which the author could not touch, on the head's code."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from pydantic import Field

from gates.cache import key_of
from gates.change import Change
from gates.gate import Context, CouldNotJudgeError, Kind, Need, Settings
from gates.testfiles import TestLayout
from gates.testrun.compare import Breakage, breakages, findings, quote
from gates.testrun.model import TestRun
from gates.testrun.runner import Selection, environment_key, run_tests, runner_interpreter
from gates.testrun.trees import Overlay
from gates.verdict import Finding, Severity, Verdict

NAME = "base-tests"
VERSION = "1"


class BaseTestsSettings(Settings):
    """``seconds`` is the wall time that one run of the base's tests may take."""

    seconds: float = Field(default=600.0, gt=0)


@dataclass(frozen=True)
class BaseTests:
    """Runs the base's tests on the base and on the head's code, and rejects what newly fails.

    The head's code is judged in a tree of which everything that decides about tests (test modules, their data,
    ``conftest.py``, the runner's configuration) is the base's. A test that fails on both sides is no finding. One
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
        with ThreadPoolExecutor(max(1, min(context.jobs, len(changes)))) as pool:
            narrowed = replace(context, jobs=max(1, context.jobs // max(1, len(changes))))
            return list(pool.map(lambda change: _judge(change, settings, narrowed), changes))


GATE = BaseTests()


def _judge(change: Change, settings: BaseTestsSettings, context: Context) -> Verdict:
    layout = TestLayout.of(change.base)
    if not any(layout.is_test_module(path) for path in change.base.entries):
        return Verdict.skip(NAME, "The base has no tests, so there is nothing to run on the head's code.")
    if all(layout.judges(f.path) and (f.old_path is None or layout.judges(f.old_path)) for f in change.files):
        return Verdict.skip(NAME, "The change touches only tests and their configuration; no code was changed.")
    try:
        return _compare(change, layout, settings, context)
    except CouldNotJudgeError as error:
        return Verdict.error(NAME, str(error))


def _compare(change: Change, layout: TestLayout, settings: BaseTestsSettings, context: Context) -> Verdict:
    _, remark = runner_interpreter(context)
    judged = Overlay(change.head, change.base, layout.judges)
    with ThreadPoolExecutor(2 if context.jobs > 1 else 1) as pool:
        first = pool.submit(_run_base, change, settings, context)
        second = pool.submit(run_tests, context, judged, change.base, settings.seconds)
        before, after = first.result(), second.result()
    unusable = _unusable(before, context)
    if unusable is not None:
        return unusable
    lies = _distrust(before, after)
    if lies:
        reason = "The results on the head cannot be believed: judged code interfered with the test runner."
        return Verdict.reject(NAME, reason + remark, score=0.0, findings=lies)
    broken = breakages(before, after)
    flaky = _flaky(change, broken, settings, context) if broken else []
    return _verdict(change, before, after, [b for b in broken if b not in flaky], flaky, remark)


def _run_base(change: Change, settings: BaseTestsSettings, context: Context) -> TestRun:
    """Return the base's tests on the base, from the cache where they ran before.

    A run that was stopped by its time is not kept: another day there may be more of it.
    """
    interpreter, _ = runner_interpreter(context)
    key = key_of(NAME, VERSION, change.base.id, environment_key(interpreter))
    found = context.cache.get(key)
    if found is not None:
        return TestRun.from_json(found)
    run = run_tests(context, change.base, change.base, settings.seconds)
    if run.problem is None:
        context.cache.put(key, run.as_json())
    return run


def _unusable(before: TestRun, context: Context) -> Verdict | None:
    """Return the verdict where the base's own run is no measure, else ``None``."""
    if before.good:
        return None
    python = context.interpreter.executable
    if before.problem is not None:
        running = f" while {quote(before.running)} was running" if before.running else ""
        return Verdict.error(
            NAME, f"The base's own tests could not be run{running}: {quote(before.problem)}. See that they run by hand with {python}."
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
    return Verdict.skip(NAME, f"None of the base's {len(before.tests)} tests passes on the base itself, so none can newly fail.")


def _distrust(before: TestRun, after: TestRun) -> tuple[Finding, ...]:
    """Return why the head's results cannot be believed; what the base does as well is its own habit."""
    return tuple(
        Finding(None, None, "forged-result", quote(reason), Severity.ERROR)
        for reason in after.distrust
        if reason not in before.distrust
    )


def _flaky(change: Change, broken: list[Breakage], settings: BaseTestsSettings, context: Context) -> list[Breakage]:
    """Return those that fail on the base as well when their files run once more."""
    files = tuple(dict.fromkeys(b.before.path for b in broken))
    again = run_tests(context, change.base, change.base, settings.seconds, Selection(files=files))
    if again.problem is not None or not again.tests:
        return []
    return [b for b in broken if b.before.id in again.tests and not again.tests[b.before.id].outcome.is_good]


def _verdict(
    change: Change, before: TestRun, after: TestRun, broken: list[Breakage], flaky: list[Breakage], remark: str
) -> Verdict:
    total, failed = len(before.good), len(broken)
    found = (
        *findings(change, broken, after, Severity.ERROR),
        *(replace(f, rule="flaky-test") for f in findings(change, flaky, after, Severity.WARNING)),
    )
    both = len(before.tests) - total
    notes = (f" {both} did not pass on the base either." if both else "") + (
        f" {len(flaky)} that failed on the head also failed on the base when run again: flaky." if flaky else ""
    )
    score = (total - failed) / total
    if after.problem is not None and not broken:
        # Every test had passed; what ended the run afterwards is still no proper end.
        found = (*found, Finding(None, None, "broken-run", f"On the head {quote(after.problem)}.", Severity.ERROR))
        return Verdict.reject(NAME, f"The base's tests did not come to a proper end on the head: {quote(after.problem)}.{notes}{remark}", score=score, findings=found)
    if broken:
        hang = f" The run on the head did not finish: {quote(after.problem)}." if after.problem else ""
        return Verdict.reject(NAME, f"{failed} of {total} tests that pass on the base do not pass on the head.{hang}{notes}{remark}", score=score, findings=found)
    return Verdict.accept(NAME, f"All {total} tests that pass on the base also pass on the head.{notes}{remark}", score=score, findings=found)
