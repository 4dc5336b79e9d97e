"""What comparing two runs of a command comes to, and the ends that every format shares."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gates.foreign.junit import ReportError
from gates.foreign.runs import Run
from gates.gate import CouldNotJudgeError
from gates.verdict import Finding, Outcome, Severity

# What one command may list; a verdict of thousands is not read.
MOST_FINDINGS = 200
_QUOTED = 300
_Report = TypeVar("_Report")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One command's part of the verdict. ``reason`` is a sentence; ``score`` see the gate."""

    outcome: Outcome
    reason: str
    findings: tuple[Finding, ...] = ()
    score: float | None = None


def failing(base: Run, head: Run) -> Judgement:
    """Judge by the ends alone, where the head's is a failure."""
    if not base.passed:
        return both_fail(base, head)
    rule = "command-timed-out" if head.end == "timeout" else "command-failed"
    text = f"It passes on the base and {head.ended()} on the head. {quoted(head)}".strip()
    return Judgement(
        Outcome.REJECT,
        f"passes on the base, but on the head's code it {head.ended()}.",
        (Finding(None, None, rule, text, Severity.ERROR),),
    )


def both_fail(base: Run, head: Run) -> Judgement:
    """Accept, with a warning, a change of which the command cannot say anything: it failed before."""
    text = (
        f"On the base it {base.ended()}, on the head it {head.ended()}: nothing new was judged. "
        f"Make the base pass, or this command guards nothing. {quoted(base)}"
    ).strip()
    finding = Finding(None, None, "fails-on-both", text, Severity.WARNING)
    return Judgement(Outcome.ACCEPT, "fails on both sides, so it says nothing about the change.", (finding,))


def read_report(run: Run, read: Callable[[Run], _Report]) -> _Report:
    """Return what *read* makes of the run's reports. Raises ``ReportError``, also where there is none."""
    if run.problem is not None:
        raise ReportError(run.problem)
    if not run.reports:
        raise ReportError("There is none.")
    return read(run)


def require_finished(run: Run) -> None:
    """Raise ``ReportError`` where a run did not come to its end: what it had reported by then is not everything."""
    if not run.finished:
        raise ReportError("It did not come to its end.")


def without_base_report(
    report: str | None, base: Run, head: Run, error: ReportError, clean: Callable[[], bool]
) -> Judgement:
    """Judge where the base's report is not to be had: a broken base may be mended, a working one is a mistake.

    *clean* says whether the head's report, if it can be read, has nothing against the head.
    """
    if base.passed:
        raise CouldNotJudgeError(f"wrote no report at {report} on the base that can be compared. {error}")
    try:
        mended = head.passed and read_report(head, lambda _: clean())
    except ReportError:
        mended = False
    if mended:
        return Judgement(Outcome.ACCEPT, "fails on the base and passes on the head's code.")
    return both_fail(base, head)


def unreadable(report: str | None, head: Run, error: ReportError) -> Judgement:
    """Judge a head that left no report to compare, where the base left one."""
    text = f"The head's run left no report at {report} that can be read, the base's did. {error} {quoted(head)}"
    finding = Finding(None, None, "report-unreadable", text.strip(), Severity.ERROR)
    return Judgement(Outcome.REJECT, f"{head.ended()} on the head's code and left no report to read.", (finding,))


def disagreeing(head: Run, what: str, score: float | None, findings: Sequence[Finding] = ()) -> Judgement:
    """Judge a head whose status says failure and whose report does not: the report is not believed."""
    text = f"The report {what}, but the command {head.ended()} on the head. {quoted(head)}"
    finding = Finding(None, None, "report-disagrees", text.strip(), Severity.ERROR)
    reason = f"{head.ended()} on the head's code, though its report {what}."
    return Judgement(Outcome.REJECT, reason, (finding, *findings), score)


def capped(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the first findings, and one that counts the rest."""
    more = len(findings) - MOST_FINDINGS
    if more <= 0:
        return tuple(findings)
    rest = Finding(None, None, "more", f"{more:,} more of this kind are not listed.", Severity.NOTE)
    return (*findings[:MOST_FINDINGS], rest)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, plural where it must be."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def quoted(run: Run) -> str:
    """Return the last words of a run's output, on one line."""
    text = " | ".join(line.strip() for line in _ESCAPES.sub("", run.tail).splitlines() if line.strip())
    return f"Its last words: {text[-_QUOTED:]}" if text else ""
