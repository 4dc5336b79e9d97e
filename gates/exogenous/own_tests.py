"""Gate ``own-tests``: the head's new or changed tests pass on the head and fail on the base's code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from pydantic import Field

from gates.change import Change, Snapshot
from gates.gate import Context, CouldNotJudgeError, Kind, Need, Settings
from gates.testfiles import TestLayout
from gates.testrun.compare import quote
from gates.testrun.functions import TestFunction, own_tests
from gates.testrun.lacking import is_foreign, lacking, only_lacks
from gates.testrun.model import TestRun
from gates.testrun.own import code_paths, own_trees
from gates.testrun.proof import Proof, prove, still_to_run
from gates.testrun.reworded import reworded
from gates.testrun.runner import Selection, refuse_cut_short, run_tests, runner_interpreter
from gates.verdict import Finding, Severity, Verdict

NAME = "own-tests"
VERSION = "1"
# A test that hangs or crashes on the base's code has failed there; the others are then run without it, this often.
_RESTARTS = 3


class OwnTestsSettings(Settings):
    """Whether ``each`` own test must fail on the base's code or ``any`` suffices, and what a lack of tests means.

    ``missing`` is for changes of code without a new or changed test: ``accept`` skips them, ``reject`` rejects.
    ``seconds`` is the wall time that one run may take.
    """

    require: Literal["each", "any"] = "each"
    missing: Literal["accept", "reject"] = "accept"
    seconds: float = Field(default=600.0, gt=0)


@dataclass(frozen=True)
class OwnTests:
    """Runs the tests that a change brings on its own code and on the base's, where they must fail.

    A test that passes on both proves nothing about the change. The unit is the test function: a parametrised one
    fails when any of its cases does. A test counts as the change's own when its code differs from the base's in
    more than formatting, comments, docstring, or name. One that asserts only what the base's tests assert must pass
    on the head and is not counted unless it proves something. The score is the share of the counted tests that pass
    on the head and fail on the base.
    """

    name: str = NAME
    version: str = VERSION
    kind: Kind = Kind.EXOGENOUS
    summary: str = "the change's new tests pass on the head and fail on the base's code"
    needs: frozenset[Need] = frozenset({Need.SANDBOX, Need.PYTEST})
    settings_type: type[Settings] = OwnTestsSettings

    def judge(self, changes: Sequence[Change], settings: OwnTestsSettings, context: Context) -> list[Verdict]:
        """Judge each change; several at once where the context allows it."""
        with ThreadPoolExecutor(max(1, min(context.jobs, len(changes)))) as pool:
            narrowed = replace(context, jobs=max(1, context.jobs // max(1, len(changes))))
            return list(pool.map(lambda change: _judge(change, settings, narrowed), changes))


GATE = OwnTests()


def _judge(change: Change, settings: OwnTestsSettings, context: Context) -> Verdict:
    layout = TestLayout.of(change.base, change.head)
    tests = own_tests(change, layout)
    code = code_paths(change, layout)
    if not code:
        return Verdict.skip(NAME, "The change has no code outside tests, so there is nothing for its tests to prove.")
    if not tests:
        return _without_tests(code, settings)
    try:
        return _run(change, layout, tests, settings, context)
    except CouldNotJudgeError as error:
        return Verdict.error(NAME, str(error))


def _without_tests(
    code: list[str],
    settings: OwnTestsSettings,
    reason: str = "The change has no new or changed tests.",
    found: tuple[Finding, ...] = (),
) -> Verdict:
    path = next((path for path in code if path.endswith(".py")), None)
    if settings.missing == "accept" or path is None:
        return Verdict.skip(NAME, reason, findings=found)
    message = "The code was changed, and no test with it: add one that fails without the change."
    finding = Finding(path, None, "no-own-tests", message, Severity.ERROR)
    return Verdict.reject(NAME, f"{reason} The policy asks for one.", score=0.0, findings=(finding, *found))


def _run(
    change: Change, layout: TestLayout, tests: list[TestFunction], settings: OwnTestsSettings, context: Context
) -> Verdict:
    _, remark = runner_interpreter(context)
    trees = own_trees(change, layout)

    def run_on(tree: Snapshot, wanted: list[TestFunction]) -> TestRun:
        files = tuple(dict.fromkeys(t.path for t in wanted))
        selection = Selection(files, tuple(t.id for t in wanted))
        return run_tests(context, tree, change.base, settings.seconds, selection, trees.markers)

    with ThreadPoolExecutor(2 if context.jobs > 1 else 1) as pool:
        first = pool.submit(run_on, trees.head, tests)
        second = pool.submit(_run_repeatedly, partial(run_on, trees.base), tests)
        on_head, on_base = first.result(), second.result()
    for run in (on_head, *on_base):
        refuse_cut_short(run, settings.seconds)
    _refuse_unusable(on_head, on_base[0], context)
    lies = _lies([on_head, *on_base], change, settings, context)
    if lies:
        reason = "The results cannot be believed: the change's code or tests interfered with the test runner."
        return Verdict.reject(NAME, reason + remark, score=0.0, findings=lies)
    if only_lacks(on_head):
        _refuse_lacking(on_head, change, settings, context)
    known = reworded(change, layout, tests)
    proofs = [prove(test, on_head, on_base, reworded=test.id in known) for test in tests]
    added = f" The head's {' and '.join(trees.added)} was used: it only adds to the base's." if trees.added else ""
    code = code_paths(change, layout)
    return _verdict(proofs, trees.findings, code, settings, added + remark)


def _refuse_unusable(on_head: TestRun, on_base: TestRun, context: Context) -> None:
    """Raise ``CouldNotJudgeError`` where pytest comes to no test on either side, for the same reason."""
    if on_head.problem is not None and on_head.problem == on_base.problem and not (on_head.tests or on_base.tests):
        raise CouldNotJudgeError(
            f"pytest came to no test, with the change or without it: {quote(on_head.problem)}. "
            f"See that the tests run by hand with {context.interpreter.executable}."
        )


def _refuse_lacking(on_head: TestRun, change: Change, settings: OwnTestsSettings, context: Context) -> None:
    """Raise ``CouldNotJudgeError`` where own tests fail for want of what the environment, not the change, lacks."""
    wanted = lacking(on_head)
    strange = [name for name in wanted if is_foreign(name, change.head)]
    if not strange and wanted:
        before = lacking(run_tests(context, change.base, change.base, settings.seconds))
        strange = [name for name in wanted if name in before]
    if strange:
        raise CouldNotJudgeError(
            f"{context.interpreter.executable} lacks {quote(strange[0])}, so the change's tests cannot run. "
            "Install what the head needs there, its own packages included, or name another interpreter with --python."
        )


def _lies(runs: list[TestRun], change: Change, settings: OwnTestsSettings, context: Context) -> tuple[Finding, ...]:
    """Return why the results cannot be believed; what the base's own tests do to pytest as well is no lie."""
    reasons = list(dict.fromkeys(reason for run in runs for reason in run.distrust))
    habits = run_tests(context, change.base, change.base, settings.seconds).distrust if reasons else ()
    lies = [reason for reason in reasons if reason not in habits]
    return tuple(Finding(None, None, "forged-result", quote(reason), Severity.ERROR) for reason in lies)


def _run_repeatedly(run: Callable[[list[TestFunction]], TestRun], tests: list[TestFunction]) -> list[TestRun]:
    """Run the tests, and run them again without the one that ended the run before its time."""
    runs: list[TestRun] = []
    left = tests
    while left and len(runs) <= _RESTARTS:
        runs.append(run(left))
        left = still_to_run(left, runs[-1])
    return runs


def _verdict(
    proofs: list[Proof], notes: tuple[Finding, ...], code: list[str], settings: OwnTestsSettings, remark: str
) -> Verdict:
    found = (*(p.finding for p in proofs if p.finding is not None), *notes)
    counted = [p for p in proofs if p.counts]
    failing = [p for p in counted if p.fails_on_head]
    proving = [p for p in counted if p.proves]
    total = len(counted)
    if not counted:
        return _without_tests(code, settings, _uncounted(proofs) + remark, found)
    score, idle = len(proving) / total, total - len(proving)
    if failing:
        reason = f"{len(failing)} of the change's {total} new or changed tests do not pass on the head."
        return Verdict.reject(NAME, reason + remark, score=score, findings=found)
    if idle and (settings.require == "each" or not proving):
        reason = f"{idle} of the change's {total} new or changed tests prove nothing: they do not fail on the base."
        if proving and settings.require == "each":
            reason += " Where one proof is enough, set `require: any` in the policy."
        return Verdict.reject(NAME, reason + remark, score=score, findings=found)
    reason = (
        f"{len(proving)} of the change's {total} new or changed tests pass on the head and fail on the base's code."
    )
    if idle:
        found = tuple(replace(f, severity=Severity.NOTE) if f.rule == "proves-nothing" else f for f in found)
        reason += " One is enough here."
    return Verdict.accept(NAME, reason + remark, score=score, findings=found)


def _uncounted(proofs: list[Proof]) -> str:
    """Return why none of the new or changed tests counts."""
    known = sum(p.finding is not None and p.finding.rule == "reworded" for p in proofs)
    if known == len(proofs):
        return f"The change's {known} new or changed tests assert only what the base's do, so they prove nothing new."
    lost = f"pytest finds none of the change's {len(proofs) - known} new or changed tests"
    return f"{lost}; {known} more assert only what the base's do." if known else f"{lost}."
