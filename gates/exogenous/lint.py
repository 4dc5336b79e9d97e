"""The ``lint`` gate: what pylint says of the head's changed lines and did not say of the base."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gates import suppressions, toolconfig
from gates.absent import Absent, as_notes
from gates.baseline import new_findings, on_changed_lines
from gates.change import Change, Snapshot
from gates.gate import Context, Kind, Need, Settings
from gates.toolbatch import Answer, Side, Tool, ask
from gates.toolplan import Plan, too_new
from gates.tooltrees import environment, python_digest, unfit
from gates.verdict import Finding, Severity, Verdict

NAME = "lint"
Category = Literal["fatal", "error", "warning", "refactor", "convention"]
CATEGORIES: tuple[Category, ...] = ("fatal", "error", "warning", "refactor", "convention")

_SEVERITIES = {"fatal": Severity.ERROR, "error": Severity.ERROR, "warning": Severity.WARNING}

PYLINT = Tool(
    "pylint",
    "run_pylint.py",
    own="unheard",
    seconds=300.0,
    key=lambda side, context: [
        environment(context, ("pylint", "astroid")),
        side.config_key,
        python_digest(side.tree),
        side.files,
    ],
    more=lambda context: {"site_packages": [str(p) for p in context.interpreter.site_packages]},
)


class LintSettings(Settings):
    """What counts, and how much of it is too much.

    ``fail_on``: pylint's categories that count. ``disable``: messages (by name) that do not. ``max_new``: as many
    new messages are still accepted. ``lines``: ``changed`` counts those on lines that the change wrote, ``all`` also
    those that it caused elsewhere in the changed files.
    """

    fail_on: tuple[Category, ...] = CATEGORIES
    disable: tuple[str, ...] = ()
    max_new: int = 0
    lines: Literal["changed", "all"] = "changed"


@dataclass(frozen=True)
class LintGate:
    """Runs pylint on the changed Python files of base and head, with the base's configuration for both.

    Messages that the base has as well do not count (see ``gates.baseline``), wherever they moved. A suppressing
    comment that the change wrote is a finding and is not heard: what it would hide counts. Names are looked up in
    the judged tree, in Exogate's own environment and in that of the repository's interpreter; that a module of
    others is in none of them is a note.

    Score: pylint's score of the changed files on the head less that on the base, in points of ten; none where the
    base has none of the files.
    """

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "pylint says nothing new about the changed lines"
    needs: frozenset[Need] = frozenset({Need.SANDBOX})
    settings_type: type[Settings] = LintSettings

    def judge(self, changes: Sequence[Change], settings: LintSettings, context: Context) -> list[Verdict]:
        """Judge each change; one start of pylint serves them all."""
        plans = [_plan(change) for change in changes]
        sides = [side for plan in plans for side in (plan.base, plan.head) if side is not None]
        answers = ask(PYLINT, sides, f"{self.name} {self.version}", context)
        return [_verdict(plan, answers, settings, context) for plan in plans]


def _plan(change: Change) -> Plan[Side]:
    files = change.python_files()
    notes = toolconfig.PYLINT.edits(change) if files else []
    problem = next((p for f in files if (p := unfit(change.head, f.path, "pylint"))), None)
    if not files or problem is not None:
        return Plan(change, None, notes=tuple(notes), problem=problem)
    unheard = []
    for file in files:
        new = suppressions.written(change, file, ("pylint", "noqa"))
        notes += [suppressions.as_finding(file.path, s) for s in new]
        if lines := tuple(s.line for s in new if s.tool == "pylint"):
            unheard.append((file.path, lines))
    config = toolconfig.PYLINT.find(change.base)
    head = Side(change.head, change.base, tuple(f.path for f in files), config, tuple(unheard))
    old = tuple(f.old_path for f in files if f.old_path and _lintable(change.base, f.old_path))
    base = Side(change.base, change.base, old, config) if old else None
    return Plan(change, head, base, tuple(notes))


def _lintable(base: Snapshot, path: str) -> bool:
    return path.endswith((".py", ".pyi")) and unfit(base, path, "pylint") is None


def _verdict(plan: Plan[Side], answers: dict[Side, Answer], settings: LintSettings, context: Context) -> Verdict:
    if (verdict := plan.unjudged(NAME)) is not None:
        return verdict
    assert plan.head is not None
    head = answers[plan.head]
    base = answers[plan.base] if plan.base is not None else Answer()
    if failed := base.failed or head.failed:
        return Verdict.error(NAME, failed, findings=plan.notes)
    new = _new(plan.change, base, head, settings)
    for message in new:
        if message["symbol"] == "syntax-error" and (
            reason := too_new("pylint", message["path"], plan.change.base, context.own)
        ):
            return Verdict.error(NAME, reason, findings=plan.notes)
    here = Absent(plan.change, context.interpreter)
    absent = [f for f in map(_finding, new) if here.module(f) is not None]
    new = [m for m in new if here.module(_finding(m)) is None]
    findings = (*(_finding(m) for m in new), *as_notes(absent), *plan.notes)
    after, before = head.said["score"], base.said.get("score")
    score = after - before if after is not None and before is not None else None
    reason = f"{_said(new)} {_score(before, after)}{here.named(absent)}{_complaints(head)}"
    build = Verdict.reject if len(new) > settings.max_new else Verdict.accept
    return build(NAME, reason, score=score, findings=findings)


def _new(change: Change, base: Answer, head: Answer, settings: LintSettings) -> list[dict[str, Any]]:
    """Return the messages that count."""
    by_finding: dict[Finding, list[dict[str, Any]]] = {}
    for message in head.said["messages"]:
        by_finding.setdefault(_finding(message), []).append(message)
    old = [_finding(m) for m in base.said.get("messages", ())]
    new = new_findings(old, [_finding(m) for m in head.said["messages"]], change)
    messages = [(finding, by_finding[finding].pop()) for finding in new]
    return [
        message
        for finding, message in messages
        if message["category"] in settings.fail_on
        and message["symbol"] not in settings.disable
        # A file that pylint could not read at all has no line to speak of.
        and (settings.lines == "all" or message["category"] == "fatal" or _here(finding, change))
    ]


def _here(finding: Finding, change: Change) -> bool:
    return finding.rule == "syntax-error" or on_changed_lines(finding, change)


def _finding(message: dict[str, Any]) -> Finding:
    line, end = message["line"] or None, message["end_line"]
    severity = _SEVERITIES.get(message["category"], Severity.NOTE)
    return Finding(message["path"], line, message["symbol"], message["message"], severity, end if line else None)


def _said(new: Sequence[dict[str, Any]]) -> str:
    if not new:
        return "pylint says nothing new about the change."
    counts = Counter(m["category"] for m in new)
    kinds = ", ".join(f"{counts[c]} {c}" for c in CATEGORIES if counts[c])
    first = new[0]
    where = f"{first['path']}, line {first['line']}" if first["line"] else first["path"]
    things = "1 new message" if len(new) == 1 else f"{len(new)} new messages"
    return f"pylint has {things} about the change ({kinds}); the first is in {where}: {first['message'].rstrip('.')}."


def _score(base: float | None, head: float | None) -> str:
    if head is None:
        return "The changed files have no score."
    if base is None:
        return f"The changed files score {head:.2f} of 10."
    return f"The changed files score {head:.2f} of 10, before {base:.2f} ({head - base:+.2f})."


def _complaints(answer: Answer) -> str:
    complaints = answer.said["complaints"]
    return f" pylint complains about the base's configuration: {'; '.join(complaints)[:300]}." if complaints else ""


GATE = LintGate()
