"""Gate ``mutation``: small faults on the changed lines, which the tests should notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from gates.change import Change, FileChange
from gates.gate import Context, CouldNotJudgeError, Kind, Need, Settings
from gates.mutants.choose import choose
from gates.mutants.make import distinct, mutants, shown
from gates.mutants.model import Mutant
from gates.mutants.trial import Fate, Trial, try_mutants
from gates.source import ParseFailure
from gates.testfiles import TestLayout
from gates.testrun.compare import quote
from gates.testrun.own import own_trees
from gates.testrun.runner import runner_interpreter
from gates.verdict import Finding, Severity, Verdict

NAME = "mutation"
VERSION = "1"
# Some candidates turn out to be no fault; this many more are looked at than will be tried.
_SPARE = 3
_WORDS = {
    Fate.KILLED: "killed",
    Fate.TIMEOUT: "timed out",
    Fate.SURVIVED: "survived",
    Fate.UNCOVERED: "on lines no test runs",
}


class MutationSettings(Settings):
    """``min_score`` is the share of the mutants tried that must be noticed; ``seconds`` is wall time, for all."""

    seconds: float = Field(default=120.0, gt=0)
    max_mutants: int = Field(default=50, ge=1, le=1000)
    min_score: float = Field(default=0.8, ge=0, le=1)


@dataclass(frozen=True)
class Mutation:
    """Spoils the changed lines of code, one small fault at a time, and runs the tests that run these lines.

    A fault that no test notices is a finding: the rule is the operator's code. One on lines that no test runs is
    unnoticed too. The score is the share of noticed faults among those tried; a fault that makes the tests hang
    counts as noticed. The tests are the head's, on the head's code, configured by the base.
    """

    name: str = NAME
    version: str = VERSION
    kind: Kind = Kind.EXOGENOUS
    summary: str = "the tests notice small faults on the changed lines"
    needs: frozenset[Need] = frozenset({Need.SANDBOX, Need.PYTEST})
    settings_type: type[Settings] = MutationSettings

    def judge(self, changes: Sequence[Change], settings: MutationSettings, context: Context) -> list[Verdict]:
        """Judge each change; the sandbox's work within one uses the context's jobs."""
        return [_judge(change, settings, context) for change in changes]


GATE = Mutation()


def _judge(change: Change, settings: MutationSettings, context: Context) -> Verdict:
    layout = TestLayout.of(change.base, change.head)
    files = [f for f in change.python_files() if f.path.endswith(".py") and not layout.judges(f.path)]
    chosen, possible, notes = _choose(change, files, settings.max_mutants)
    if not chosen:
        return Verdict.skip(
            NAME, "No changed line of code can be spoiled in a way that tests could notice.", findings=notes
        )
    if not any(layout.is_test_module(path) for path in change.head.entries):
        return Verdict.skip(NAME, "The head has no tests that could notice a fault.", findings=notes)
    lines = {f.path: sorted({n for m in chosen if m.path == f.path for n in range(m.first, m.last + 1)}) for f in files}
    try:
        trees = own_trees(change, layout)
        _, remark = runner_interpreter(context)
        trial = try_mutants(context, trees.head, change.base, lines, chosen, settings.seconds, trees.markers)
    except CouldNotJudgeError as error:
        return Verdict.error(NAME, str(error), findings=notes)
    return _verdict(chosen, possible, trial, settings, (*notes, *trees.findings), remark)


def _choose(change: Change, files: list[FileChange], most: int) -> tuple[list[Mutant], int, tuple[Finding, ...]]:
    """Return the mutants to try, how many are possible, and notes on files that cannot be spoiled."""
    candidates: list[Mutant] = []
    notes = []
    for file in files:
        made = mutants(file.path, change.head.read(file.path), file.touches)
        if isinstance(made, ParseFailure):
            message = f"No faults could be tried in this file: {quote(made.reason)}."
            notes.append(Finding(file.path, made.line, "not-mutable", message, Severity.NOTE))
        else:
            candidates += made
    likely = choose(candidates, most * _SPARE)
    valid = [
        m
        for path in dict.fromkeys(c.path for c in likely)
        for m in distinct(change.head.read(path), [c for c in likely if c.path == path])
    ]
    chosen = choose(valid, most)
    possible = len(candidates) if len(candidates) > len(likely) else len(valid)
    return chosen, possible, tuple(notes)


def _verdict(
    chosen: list[Mutant],
    possible: int,
    trial: Trial,
    settings: MutationSettings,
    notes: tuple[Finding, ...],
    remark: str,
) -> Verdict:
    tried = len(trial.fates)
    unusable = _unusable(trial)
    if unusable is not None:
        return Verdict.error(NAME, unusable + remark, findings=notes)
    if not tried:
        return Verdict.error(
            NAME,
            f"No mutant could be tried within {settings.seconds:g} s; raise the setting `seconds`.{remark}",
            findings=notes,
        )
    noticed = sum(fate.is_noticed for fate in trial.fates.values())
    score = noticed / tried
    found = (
        *(
            _finding(m, trial.fates[i], trial.tests[i])
            for i, m in enumerate(chosen)
            if i in trial.fates and not trial.fates[i].is_noticed
        ),
        *notes,
    )
    counts = _counts(trial, possible - tried)
    reason = f"The tests noticed {noticed} of {tried} faults tried ({counts}).{_aside(trial)}{remark}"
    if score < settings.min_score:
        return Verdict.reject(
            NAME, f"{reason} At least {settings.min_score:.0%} are asked for.", score=score, findings=found
        )
    return Verdict.accept(NAME, reason, score=score, findings=found)


def _unusable(trial: Trial) -> str | None:
    """Return why the tests are no measure, or ``None``."""
    if trial.problem is not None:
        return f"The tests are no measure of faults: {quote(trial.problem)}."
    if not trial.passed:
        example = f" ({quote(trial.example)})" if trial.example else ""
        return f"No test passes on the head as it is, so none can notice a fault{example}. Make them pass first."
    return None


def _counts(trial: Trial, untried: int) -> str:
    fates = list(trial.fates.values())
    return ", ".join((*(f"{words} {fates.count(fate)}" for fate, words in _WORDS.items()), f"not tried {untried}"))


def _aside(trial: Trial) -> str:
    """Return a sentence on tests that were left out because they fail anyway."""
    out = trial.failed + trial.uncollected
    return (
        f" Left out were {out} test(s) or files that fail without a fault, such as {quote(trial.example)}."
        if out
        else ""
    )


def _finding(mutant: Mutant, fate: Fate, tests: int) -> Finding:
    fault = f"`{shown(mutant.original)}` -> `{shown(mutant.replacement)}`"
    last = mutant.line + mutant.original.count("\n")
    if fate is Fate.UNCOVERED:
        message = f"No passing test runs this line, so {fault} goes unnoticed."
    else:
        message = f"{fault} goes unnoticed by the {tests} test(s) that run this line."
    return Finding(mutant.path, mutant.line, mutant.operator, message, Severity.WARNING, last)
