"""Results of other people's checkers in SARIF 2.1.0, read as findings.

The log was written by judged code or beside it: every value may be of any type and any size. What cannot be read ends
in ``ReportError``; what is only odd is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from gates.foreign.junit import ReportError
from gates.verdict import Finding, Severity

MOST_RESULTS = 50_000
_LONGEST_TEXT = 500
_SEVERITIES = {s.value: s for s in Severity}
# Section 3.27.9: only these kinds are something to act on; "fail" where none is given.
_KINDS = ("fail", "open", "review")


@dataclass(frozen=True, slots=True)
class SarifResult:
    """One result: as a finding, with the fingerprints its tool gave it, and whether the source asks to pass it over."""

    finding: Finding
    fingerprints: tuple[tuple[str, str], ...] = ()
    suppressed: bool = False


def read(documents: Iterable[bytes], root: str = "") -> list[SarifResult]:
    """Read one or several logs as one. ``root`` is the directory that absolute places start with.

    Raises ``ReportError``, also where the tool says that it failed.
    """
    results: list[SarifResult] = []
    for document in documents:
        for run in _runs(document):
            _check_invocations(run)
            rules = _rules(run)
            for raw in _items(run.get("results")):
                if _text(raw.get("kind"), "fail") not in _KINDS:
                    continue
                results.append(_result(raw, rules, root))
                if len(results) > MOST_RESULTS:
                    raise ReportError(f"It lists more than {MOST_RESULTS:,} results.")
    return results


def _runs(document: bytes) -> Iterator[dict[str, Any]]:
    try:
        log = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"It is no JSON that can be read: {type(error).__name__}.") from error
    if not isinstance(log, dict) or not isinstance(log.get("runs"), list):
        raise ReportError('It is JSON, but no SARIF log: it has no list "runs".')
    if not _text(log.get("version")).startswith("2.1"):
        raise ReportError("It is no SARIF log of version 2.1.")
    yield from _items(log["runs"])


def _check_invocations(run: dict[str, Any]) -> None:
    if any(call.get("executionSuccessful") is False for call in _items(run.get("invocations"))):
        raise ReportError("The tool that wrote it says that it failed (executionSuccessful is false).")


def _rules(run: dict[str, Any]) -> list[dict[str, Any]]:
    return _items(_object(_object(run.get("tool")).get("driver")).get("rules"))


def _result(raw: dict[str, Any], rules: list[dict[str, Any]], root: str) -> SarifResult:
    rule = _rule(raw, rules)
    code = _text(raw.get("ruleId")) or _text(rule.get("id")) or "no-rule"
    location = next(iter(_items(raw.get("locations"))), {})
    physical = _object(location.get("physicalLocation"))
    region = _object(physical.get("region"))
    finding = Finding(
        path=_path(_text(_object(physical.get("artifactLocation")).get("uri")), root),
        line=_line(region.get("startLine")),
        rule=code[:100],
        message=_message(raw, rule),
        severity=_severity(raw, rule),
        end_line=_line(region.get("endLine")),
    )
    prints = {**_object(raw.get("partialFingerprints")), **_object(raw.get("fingerprints"))}
    marks = tuple(sorted((k, v) for k, v in prints.items() if isinstance(v, str)))
    return SarifResult(finding, marks, bool(_items(raw.get("suppressions"))))


def _rule(raw: dict[str, Any], rules: list[dict[str, Any]]) -> dict[str, Any]:
    index = raw.get("ruleIndex", _object(raw.get("rule")).get("index"))
    if isinstance(index, int) and 0 <= index < len(rules):
        return rules[index]
    return next((rule for rule in rules if rule.get("id") == raw.get("ruleId")), {})


def _message(raw: dict[str, Any], rule: dict[str, Any]) -> str:
    message = _object(raw.get("message"))
    by_id = _object(_object(rule.get("messageStrings")).get(_text(message.get("id"))))
    text = next(filter(None, (_text(m.get(k)) for m in (message, by_id) for k in ("text", "markdown"))), "")
    return (text or _text(_object(rule.get("shortDescription")).get("text")) or "no message")[:_LONGEST_TEXT]


def _severity(raw: dict[str, Any], rule: dict[str, Any]) -> Severity:
    default = _text(_object(rule.get("defaultConfiguration")).get("level"))
    level = _text(raw.get("level")) or default or "warning"
    return _SEVERITIES.get(level, Severity.NOTE)


def _path(uri: str, root: str) -> str | None:
    if not uri:
        return None
    try:
        path = unquote(urlsplit(uri).path, errors="surrogateescape")
    except ValueError:
        return None
    prefix = root.rstrip("/") + "/"
    return path.removeprefix(prefix).removeprefix("./").lstrip("/") or None


def _line(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9 else None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object, default: str = "") -> str:
    return value if isinstance(value, str) else default
