"""The ``secrets`` gate: credentials that the change adds, found by detect-secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from gates.change import Change, Snapshot
from gates.credentials.lines import BASELINE, Unit, units
from gates.credentials.run import Credential, Scanned, scan
from gates.gate import Context, Kind, Need, Settings
from gates.testfiles import TestLayout
from gates.verdict import Finding, Severity, Verdict

NAME = "secrets"
MAX_BASELINE_BYTES = 4 * 1024 * 1024
# So many doubtful finds are listed of one file; the rest is counted.
_LISTED = 10
_PROSE = ("*.md", "*.rst", "*.txt", "*.adoc", "docs/*", "*/docs/*", "doc/*", "examples/*", "*/examples/*")


class SecretsSettings(Settings):
    """What rejects. ``entropy``: strings that look random, and nothing else speaks for a credential."""

    entropy: Literal["off", "warn", "reject"] = "warn"
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Base:
    """What the base says: the credentials that it allows, and where its tests are."""

    allowed: frozenset[tuple[str, str]]
    layout: TestLayout


@dataclass(frozen=True)
class SecretsGate:
    """Rejects a change that adds a credential; only lines that the change wrote are looked at, in any language.

    A credential with a form of its own (a cloud key, a private key, a token) rejects wherever it stands. A value
    assigned to a name such as ``password`` rejects unless it is a plain word or calls itself an example, or stands
    among tests, documentation or examples: it is a warning then. High entropy alone is a warning. Credentials that
    the *base's* ``.secrets.baseline`` lists for the file are allowed; a new ``pragma: allowlist secret`` is not
    obeyed and is a finding. Nothing is sent anywhere to be verified, and no message quotes a credential.

    Score: the number of credentials that reject; lower is better.
    """

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "the change adds no credentials"
    needs: frozenset[Need] = frozenset()
    settings_type: type[Settings] = SecretsSettings

    def judge(self, changes: Sequence[Change], settings: SecretsSettings, context: Context) -> list[Verdict]:
        """Judge each change; one scan for all."""
        plans = [_plan(change, settings) for change in changes]
        wanted = [unit for found, _ in plans for unit in found]
        answers = iter(scan(context, wanted) if wanted else [])
        bases = {change.base.id: change.base for change in changes}
        known = {key: _Base(allowed_by(base), TestLayout.of(base)) for key, base in bases.items()}
        return [
            _verdict(change, known[change.base.id], [(unit, next(answers)) for unit in found], notes, settings)
            for change, (found, notes) in zip(changes, plans, strict=True)
        ]


def _plan(change: Change, settings: SecretsSettings) -> tuple[list[Unit], list[Finding]]:
    found, notes = units(change)

    def wanted(path: str | None) -> bool:
        return not any(fnmatchcase(path or "", glob) for glob in settings.exclude)

    return [u for u in found if wanted(u.path)], [n for n in notes if wanted(n.path)]


def _verdict(
    change: Change,
    base: _Base,
    scanned: Sequence[tuple[Unit, Scanned]],
    notes: Sequence[Finding],
    settings: SecretsSettings,
) -> Verdict:
    unscanned = next((note.path for note in notes if note.severity is Severity.ERROR), None)
    if not scanned and unscanned is None:
        return Verdict.skip(NAME, "The change wrote no line of text.", findings=tuple(notes))
    findings = [*notes, *_baseline_edited(change)]
    for unit, answer in scanned:
        lenient = base.layout.judges(unit.path) or any(fnmatchcase(unit.path, glob) for glob in _PROSE)
        findings += unit.allowances()
        findings += _listed(unit, answer, base.allowed, settings, lenient=lenient)
    grave = [f for f in findings if f.severity is Severity.ERROR and f not in notes]
    score = float(len(grave))
    if grave:
        more = f" There are {len(grave) - 1} more." if len(grave) > 1 else ""
        reason = f"{grave[0].path}, line {grave[0].line}: {grave[0].message}{more} Revoke what was real, and remove it."
        return Verdict.reject(NAME, reason, score=score, findings=tuple(findings))
    slow = next((unit.path for unit, answer in scanned if not answer.complete), None)
    if slow is not None:
        reason = f"{slow} could not be scanned to its end. Shorten its lines, or name it in the gate's `exclude`."
        return Verdict.error(NAME, reason, findings=tuple(findings))
    if unscanned is not None:
        reason = f"{unscanned} is too large to be scanned. Split it, or name it in the gate's `exclude`."
        return Verdict.error(NAME, reason, findings=tuple(findings))
    doubts = sum(f.severity is Severity.WARNING for f in findings)
    said = f"; {doubts} doubtful places are listed" if doubts else ""
    return Verdict.accept(
        NAME, f"No credential was found in what the change wrote{said}.", score=score, findings=tuple(findings)
    )


def _listed(
    unit: Unit, answer: Scanned, allowed: frozenset[tuple[str, str]], settings: SecretsSettings, *, lenient: bool
) -> Iterator[Finding]:
    """Yield a unit's findings: every grave one, and the first of the doubtful ones."""
    doubtful = 0
    for found in answer.found:
        if {(unit.path, found.digest), (unit.old_path or "", found.digest)} & allowed:
            continue
        severity = _severity(found, settings, lenient=lenient)
        doubtful += severity is Severity.WARNING
        if severity is Severity.ERROR or (severity is Severity.WARNING and doubtful <= _LISTED):
            yield _finding(unit, found, severity)
    if doubtful > _LISTED:
        message = f"{doubtful - _LISTED} more strings here look like credentials; they are not listed one by one."
        yield Finding(unit.path, None, "secret-doubtful", message, Severity.WARNING)


def _severity(found: Credential, settings: SecretsSettings, *, lenient: bool) -> Severity | None:
    if found.kind == "form":
        return Severity.ERROR
    if found.kind == "keyword":
        return Severity.WARNING if lenient else Severity.ERROR
    if found.kind == "placeholder":
        return Severity.NOTE if lenient else Severity.WARNING
    return {"off": None, "warn": Severity.WARNING, "reject": Severity.ERROR}[settings.entropy]


def _finding(unit: Unit, found: Credential, severity: Severity) -> Finding:
    start = f", starting with {found.start!r}" if found.start else ""
    message = f"This looks like a credential ({found.type}, {found.length} characters{start})."
    rule = f"secret-{found.kind}"
    return Finding(unit.path, unit.numbers[found.index], rule, message, severity)


def _baseline_edited(change: Change) -> Iterator[Finding]:
    if any(file.path == BASELINE for file in change.files):
        message = "The change edits the list of allowed credentials; the list before the change was used."
        yield Finding(BASELINE, None, "secrets-baseline-edited", message, Severity.WARNING)


def allowed_by(base: Snapshot) -> frozenset[tuple[str, str]]:
    """Return the (path, SHA-1) pairs that the base's detect-secrets baseline lists; none where it cannot be read."""
    entry = base.entries.get(BASELINE)
    if entry is None or not entry.is_file or entry.size > MAX_BASELINE_BYTES:
        return frozenset()
    try:
        results = json.loads(base.read(BASELINE))["results"]
        return frozenset((path, str(s["hashed_secret"])) for path, found in results.items() for s in found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return frozenset()


GATE = SecretsGate()
