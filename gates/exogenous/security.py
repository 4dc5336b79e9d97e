"""The ``security`` gate: what bandit finds on the head's changed lines and did not find in the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gates import toolconfig
from gates.baseline import new_findings, on_changed_lines
from gates.change import Change, Snapshot
from gates.gate import Context, Kind, Need, Settings
from gates.testfiles import TestLayout
from gates.toolbatch import Answer, Side, Tool, ask
from gates.toolplan import Plan, too_new, unheard
from gates.tooltrees import unfit, versions
from gates.verdict import Finding, Severity, Verdict

NAME = "security"
Level = Literal["low", "medium", "high"]

_RANKS = {"undefined": 0, "low": 1, "medium": 2, "high": 3}
_SEVERITIES = {"high": Severity.ERROR, "medium": Severity.WARNING}
# An ``assert`` is what tests are made of.
_ASSERT = "B101"

# bandit looks at one file at a time: nothing else of the tree changes what it says.
BANDIT = Tool(
    "bandit",
    "run_bandit.py",
    own="texts",
    seconds=120.0,
    key=lambda side, context: [
        versions(["bandit"]),
        context.own.version,
        side.config_key,
        [[path, side.tree.entries[path].blob] for path in side.files],
    ],
)


class SecuritySettings(Settings):
    """From which of bandit's levels on a finding counts, and which tests (such as ``B404``) do not.

    The defaults leave out what bandit itself ranks low: ``assert`` statements, importing ``subprocess``, and the
    like, which are findings about style more often than about security.
    """

    min_severity: Level = "medium"
    min_confidence: Level = "medium"
    disable: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecurityGate:
    """Runs bandit on the changed ``.py`` files of base and head, with the base's configuration for both.

    The configuration is the base's ``.bandit``, else its ``pyproject.toml``. A ``# nosec`` that the change wrote is a
    finding and is not heard. ``assert`` statements in tests never count.

    Score: how many findings count.
    """

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "bandit finds nothing new on the changed lines"
    needs: frozenset[Need] = frozenset({Need.SANDBOX})
    settings_type: type[Settings] = SecuritySettings

    def judge(self, changes: Sequence[Change], settings: SecuritySettings, context: Context) -> list[Verdict]:
        """Judge each change; one start of bandit serves them all."""
        plans = [_plan(change) for change in changes]
        sides = [side for plan in plans for side in (plan.base, plan.head) if side is not None]
        answers = ask(BANDIT, sides, f"{self.name} {self.version}", context)
        return [_verdict(plan, answers, settings, context) for plan in plans]


def _plan(change: Change) -> Plan[Side]:
    files = [f for f in change.python_files() if f.path.endswith(".py")]
    notes = toolconfig.BANDIT.edits(change) if files else []
    problem = next((p for f in files if (p := unfit(change.head, f.path, "bandit"))), None)
    if not files or problem is not None:
        return Plan(change, None, notes=tuple(notes), problem=problem)
    found, texts = unheard(change, files, ("bandit",))
    notes += found
    config = toolconfig.BANDIT.find(change.base)
    head = Side(change.head, change.base, tuple(f.path for f in files), config, texts)
    old = tuple(f.old_path for f in files if f.old_path and _scannable(change.base, f.old_path))
    return Plan(change, head, Side(change.base, change.base, old, config) if old else None, tuple(notes))


def _scannable(base: Snapshot, path: str) -> bool:
    return path.endswith(".py") and unfit(base, path, "bandit") is None


def _verdict(plan: Plan[Side], answers: dict[Side, Answer], settings: SecuritySettings, context: Context) -> Verdict:
    if (verdict := plan.unjudged(NAME)) is not None:
        return verdict
    assert plan.head is not None
    head = answers[plan.head]
    base = answers[plan.base] if plan.base is not None else Answer()
    if failed := base.failed or head.failed:
        return Verdict.error(NAME, failed, findings=plan.notes)
    new = _new(plan.change, base, head, settings)
    findings = (*new, *plan.notes)
    if new:
        return Verdict.reject(NAME, _said(new), score=float(len(new)), findings=findings)
    if head.said["skipped"]:
        path, why = head.said["skipped"][0]
        reason = too_new("bandit", path, plan.change.base, context.own)
        reason = reason or f"bandit could not read {path}: {why}. Correct the file."
        return Verdict.error(NAME, reason, findings=findings)
    return Verdict.accept(NAME, "bandit finds nothing new on the changed lines.", score=0.0, findings=findings)


def _new(change: Change, base: Answer, head: Answer, settings: SecuritySettings) -> list[Finding]:
    """Return the findings that count."""
    layout = TestLayout.of(change.base, change.head)

    def counts(issue: dict[str, Any]) -> bool:
        if _RANKS[issue["severity"]] < _RANKS[settings.min_severity] or issue["rule"] in settings.disable:
            return False
        if _RANKS[issue["confidence"]] < _RANKS[settings.min_confidence]:
            return False
        path = issue["path"]
        return issue["rule"] != _ASSERT or not (layout.is_test_module(path) or layout.in_test_directory(path))

    old = [_finding(issue) for issue in base.said.get("issues", ())]
    new = new_findings(old, [_finding(issue) for issue in head.said["issues"] if counts(issue)], change)
    return [finding for finding in new if on_changed_lines(finding, change)]


def _finding(issue: dict[str, Any]) -> Finding:
    severity = _SEVERITIES.get(issue["severity"], Severity.NOTE)
    return Finding(issue["path"], issue["line"] or None, issue["rule"], issue["message"], severity, issue["end_line"])


def _said(new: Sequence[Finding]) -> str:
    first = new[0]
    many = "1 new finding" if len(new) == 1 else f"{len(new)} new findings"
    return f"bandit has {many}; the first is in {first.path}, line {first.line}: {first.message.rstrip('.')}."


GATE = SecurityGate()
