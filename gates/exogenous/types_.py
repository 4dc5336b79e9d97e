"""The ``types`` gate: errors that mypy finds in the head and not in the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gates import toolconfig
from gates.absent import Absent, as_notes
from gates.baseline import new_findings
from gates.change import Change, EntryKind, Snapshot
from gates.gate import Context, Kind, Need, Settings
from gates.importers import imported, importers
from gates.pyversions import newer_than
from gates.toolplan import Plan, unheard
from gates.tooltrees import unfit
from gates.typechecking import Answer, Error, Side, check_all
from gates.verdict import Finding, Severity, Verdict

NAME = "types"


class TypesSettings(Settings):
    """``disable``: error codes that do not count. ``max_new``: as many new errors are still accepted."""

    disable: tuple[str, ...] = ()
    max_new: int = 0


@dataclass(frozen=True)
class TypesGate:
    """Runs mypy on base and head, with the base's configuration for both; what only the head has rejects.

    Checked are the changed Python files and what the base's configuration names (``files``, ``packages``,
    ``modules``); where it names nothing, the files that import the changed ones (at most 100). mypy follows imports
    from there, and a new error counts wherever it is: an edit can break another file. A ``# type: ignore`` or
    ``# mypy:`` comment that the change wrote is a finding and is not heard. Imports are looked up in the tree and in
    the environment of the repository's interpreter; that a module of others is not there is a note. Where the
    base declares only Pythons newer than that interpreter, the lowest of them is checked for.

    Score: how many errors the head has more than the base; negative where it has fewer.
    """

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "mypy finds no error that the base does not have"
    needs: frozenset[Need] = frozenset({Need.SANDBOX})
    settings_type: type[Settings] = TypesSettings

    def judge(self, changes: Sequence[Change], settings: TypesSettings, context: Context) -> list[Verdict]:
        """Judge each change; changes of one file that needs no other are checked in one build."""
        plans = [_plan(change, context) for change in changes]
        pairs = [(plan.base, plan.head) for plan in plans if plan.head is not None]
        answers = iter(check_all(pairs, f"{self.name} {self.version}", context))
        return [_verdict(plan, next(answers) if plan.head is not None else None, settings, context) for plan in plans]


def _plan(change: Change, context: Context) -> Plan[Side]:
    files = change.python_files()
    old = tuple(f.path for f in change.files if f.is_python and f.path not in change.head.entries)
    if not files and not old:
        return Plan(change, None)
    notes = toolconfig.MYPY.edits(change)
    problem = next((p for f in files if (p := _unfit(change.head, f.path))), None)
    if problem is not None:
        return Plan(change, None, notes=tuple(notes), problem=problem)
    found, texts = unheard(change, files, ("mypy",))
    notes += found
    base = tuple(sorted({f.old_path for f in change.files if f.old_path and f.is_python}))
    config = toolconfig.MYPY.find(change.base)
    head = tuple(f.path for f in files)
    # The same files on both sides: what only one side looked at would seem to be new or gone.
    also = tuple(sorted({*importers(change.head, {*head, *old}), *importers(change.base, base)} - {*head, *base}))
    newer = newer_than(change.base, context.interpreter.version[1])
    minor = newer.minors[0] if newer is not None else None
    before = _side(change, change.base, tuple(p for p in base if _unfit(change.base, p) is None), also, config, minor)
    after = _side(change, change.head, head, also, config, minor, texts)
    return Plan(change, after, before if before.files or before.also else None, tuple(notes))


def _side(
    change: Change,
    tree: Snapshot,
    files: tuple[str, ...],
    also: tuple[str, ...],
    config: toolconfig.ToolConfig | None,
    minor: int | None,
    texts: tuple[tuple[str, str], ...] = (),
) -> Side:
    present = tuple(p for p in also if p in tree.entries and _unfit(tree, p) is None)
    lone = config is None and minor is None and not present and _is_lone(tree, files)
    return Side(tree, change.base, files, present, config, lone, minor, texts)


def _is_lone(tree: Snapshot, files: tuple[str, ...]) -> bool:
    """Whether the one file is all the Python of its tree, so that nothing else can change what mypy says of it."""
    if len(files) != 1 or PurePosixPath(files[0]).stem == "__init__":
        return False
    if any(p.endswith((".py", ".pyi")) and p != files[0] for p in tree.entries):
        return False
    if any(e.kind is EntryKind.SYMLINK for e in tree.entries.values()):
        return False
    return PurePosixPath(files[0]).stem not in imported(tree.read(files[0]), files[0])


def _unfit(tree: Snapshot, path: str) -> str | None:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return f"mypy cannot read {path!r}: the name is not UTF-8. Rename it."
    return unfit(tree, path, "mypy")


def _verdict(
    plan: Plan[Side], answers: tuple[Answer | None, Answer] | None, settings: TypesSettings, context: Context
) -> Verdict:
    if plan.problem is not None:
        return Verdict.error(NAME, plan.problem, findings=plan.notes)
    if answers is None:
        return Verdict.skip(NAME, "The change has no Python file.")
    base, head = answers[0] or Answer(), answers[1]
    if failed := base.failed or head.failed:
        return Verdict.error(NAME, failed, findings=plan.notes)
    if base.blocked is not None:
        return Verdict.error(NAME, f"The base itself cannot be type-checked: {base.blocked}", findings=plan.notes)
    if head.blocked is not None and answers[0] is None:
        return Verdict.error(NAME, f"mypy stops, perhaps not for the change: {head.blocked}", findings=plan.notes)
    if head.blocked is not None:
        finding = Finding(None, None, "mypy-blocked", head.blocked, Severity.ERROR)
        return Verdict.reject(NAME, f"The change stops mypy: {head.blocked}", findings=(finding, *plan.notes))
    here = Absent(plan.change, context.interpreter)
    old, absent_before = here.split(map(_finding, base.errors))
    now, absent_now = here.split(sorted(map(_finding, head.errors), key=_place))
    new = [f for f in new_findings(old, now, plan.change) if f.rule not in settings.disable]
    absent = new_findings(absent_before, absent_now, plan.change)
    score = float(len(now) - len(old))
    build = Verdict.reject if len(new) > settings.max_new else Verdict.accept
    reason = f"{_said(new)} The checked files have {_errors(len(now))}, before {len(old)}.{here.named(absent)}"
    return build(NAME, reason, score=score, findings=(*new, *as_notes(absent), *plan.notes))


def _finding(error: Error) -> Finding:
    path, line, code, message = error
    return Finding(path, line if line > 0 else None, code, message, Severity.ERROR)


def _place(finding: Finding) -> tuple[str, int]:
    return finding.path or "", finding.line or 0


def _said(new: Sequence[Finding]) -> str:
    if not new:
        return "mypy finds no new error."
    first = new[0]
    where = f"{first.path}, line {first.line}" if first.line else first.path
    return f"mypy finds {_errors(len(new), 'new ')}; the first is in {where}: {first.message.rstrip('.')}."


def _errors(count: int, kind: str = "") -> str:
    return f"1 {kind}error" if count == 1 else f"{count} {kind}errors"


GATE = TypesGate()
