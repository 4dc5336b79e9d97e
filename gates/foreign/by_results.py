"""Two runs compared result by result, by their SARIF logs."""

from __future__ import annotations

from collections.abc import Sequence

from gates.baseline import Sides, new_findings, on_changed_lines
from gates.change import Change
from gates.foreign import sarif
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
from gates.foreign.junit import ReportError
from gates.foreign.runs import Run
from gates.foreign.sarif import SarifResult
from gates.verdict import Finding, Outcome, Severity


def _report(run: Run) -> list[SarifResult]:
    return sarif.read(run.reports, run.root)


def by_results(report: str | None, change: Change, base: Run, head: Run) -> Judgement:
    """Compare the results of two runs: what the base does not have, and is more than a note, rejects."""
    try:
        before = read_report(base, _report)
    except ReportError as error:
        return without_base_report(report, base, head, error, lambda: not _report(head))
    try:
        require_finished(head)
        after = read_report(head, _report)
    except ReportError as error:
        return unreadable(report, head, error)
    fresh, hidden = _new_results(before, after, change)
    grave = [f for f in fresh if f.severity is not Severity.NOTE]
    notes = [f for f in fresh if f.severity is Severity.NOTE] + hidden
    found = (*capped(sorted(grave, key=lambda f: not on_changed_lines(f, change))), *capped(notes))
    if grave:
        return Judgement(Outcome.REJECT, f"reports {counted(len(grave), 'result')} that the base does not have.", found)
    if not head.passed and (base.passed or (before and not after)):
        return disagreeing(head, "has no new result" if after else "has no result", None, found)
    return Judgement(Outcome.ACCEPT, f"reports nothing new ({counted(len(before), 'result')} on the base).", found)


def _new_results(
    before: Sequence[SarifResult], after: Sequence[SarifResult], change: Change
) -> tuple[list[Finding], list[Finding]]:
    """Return the head's results that the base did not have, and those of them that the source hides."""
    old, new = _without_known_fingerprints(before, after, change)
    fresh = new_findings([r.finding for r in old], [r.finding for r in new if not r.suppressed], change)
    hidden = new_findings([r.finding for r in old], [r.finding for r in new if r.suppressed], change)
    texts = [f"Suppressed in the source, so it does not count: {f.message}" for f in hidden]
    notes = [Finding(f.path, f.line, f.rule, text, Severity.NOTE) for f, text in zip(hidden, texts, strict=True)]
    return fresh, notes


def _without_known_fingerprints(
    before: Sequence[SarifResult], after: Sequence[SarifResult], change: Change
) -> tuple[list[SarifResult], list[SarifResult]]:
    """Return both sides without the pairs that the tool itself calls the same, by rule, file and fingerprints."""
    sides = Sides(change)
    known: dict[tuple[object, ...], list[int]] = {}
    for index, result in enumerate(before):
        if result.fingerprints:
            key = (sides.head_path(result.finding.path), result.finding.rule, result.fingerprints)
            known.setdefault(key, []).append(index)
    paired: set[int] = set()
    rest = []
    for result in after:
        matches = known.get((result.finding.path, result.finding.rule, result.fingerprints))
        if matches:
            paired.add(matches.pop(0))
        else:
            rest.append(result)
    return [r for i, r in enumerate(before) if i not in paired], rest
