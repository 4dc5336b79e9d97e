"""The report in SARIF 2.1.0 (OASIS Standard), as GitHub's code scanning and editors read it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from app.reporting import json_, words
from app.reporting.text import clip, well_formed
from app.review_types import Review
from gates.decision import Judged
from gates.verdict import Finding, Outcome, Severity, Verdict

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# "Results per run: 25,000. Only the top 5,000 results will be included, prioritized by severity." (GitHub Docs,
# "SARIF support for code scanning", data limits.)
MOST_RESULTS = 5_000
_LONGEST_TEXT = 2_000
_ROOT = "SRCROOT"
# Embedded links are the one markup of a plain text message (section 3.11.6).
_LINK = re.compile(r"\](?=\()")


def render(review: Review) -> str:
    """Return the review as a SARIF log with one run, in ASCII, ending in a newline."""
    return json.dumps(as_dict(review), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def as_dict(review: Review) -> dict[str, Any]:
    """Return the SARIF log as plain JSON values."""
    return {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [_run(review)]}


def _run(review: Review) -> dict[str, Any]:
    found = [(judged, finding) for judged in words.in_order(review.verdicts) for finding in _findings(judged.verdict)]
    kept = found[:MOST_RESULTS]
    rules = {rule: index for index, rule in enumerate(dict.fromkeys(_rule(j, f) for j, f in kept))}
    driver: dict[str, Any] = {"name": "exogate", "rules": [_descriptor(rule) for rule in rules]}
    if review.tool_version:
        driver["version"] = review.tool_version
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": "exogate/"},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The repository's root, at the head of the change."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(review, len(found) - len(kept))],
        "results": list(_results(kept, rules)),
        "properties": _properties(review),
    }


def _findings(verdict: Verdict) -> list[Finding]:
    """Return a verdict's findings, gravest first; a rejection without any is a finding itself."""
    if verdict.outcome is Outcome.REJECT and not verdict.findings:
        return [Finding(None, None, "rejected", verdict.reason, Severity.ERROR)]
    return words.by_importance(verdict.findings)


def _rule(judged: Judged, finding: Finding) -> str:
    return well_formed(f"{judged.verdict.gate}/{finding.rule}")


def _descriptor(rule: str) -> dict[str, Any]:
    gate, _, code = rule.partition("/")
    return {"id": rule, "shortDescription": {"text": f"{code}, by the gate {gate}"}, "properties": {"gate": gate}}


def _results(found: list[tuple[Judged, Finding]], rules: dict[str, int]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for judged, finding in found:
        rule = _rule(judged, finding)
        fingerprint = _fingerprint(rule, finding)
        seen[fingerprint] += 1
        mark = f"{fingerprint}:{seen[fingerprint]}"
        yield {
            "ruleId": rule,
            "ruleIndex": rules[rule],
            "level": finding.severity.value,
            "message": _message(finding.message),
            "locations": [{"physicalLocation": _location(finding)}],
            # GitHub looks at the second name alone (GitHub Docs, "SARIF support for code scanning").
            "partialFingerprints": {"exogateFinding/v1": mark, "primaryLocationLineHash": mark},
            "properties": {"gate": well_formed(judged.verdict.gate), "blocking": judged.blocking},
        }


def _fingerprint(rule: str, finding: Finding) -> str:
    """Return a name for the finding that stays when its line moves: numbers in the message do not count."""
    message = re.sub(r"\d+", "0", well_formed(finding.message))
    parts = json.dumps([rule, _uri(finding.path), message])
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def _location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path), "uriBaseId": _ROOT}}
    if finding.line is not None and finding.line >= 1:
        location["region"] = {"startLine": finding.line}
        if finding.end_line is not None and finding.end_line > finding.line:
            location["region"]["endLine"] = finding.end_line
    return location


def _uri(path: str | None) -> str:
    """Return a relative reference (RFC 3986); bytes that are no UTF-8 are encoded as they are on the disk."""
    if path is None:
        return "."
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = well_formed(path).encode()
    return quote(raw.lstrip(b"/"), safe="/") or "."


def _invocation(review: Review, more: int) -> dict[str, Any]:
    errors = [j for j in words.in_order(review.verdicts) if j.verdict.outcome is Outcome.ERROR]
    notifications = [
        _notification(f"{j.verdict.gate}/could-not-judge", "error" if j.blocking else "warning", j.verdict.reason)
        for j in errors
    ]
    if more:
        text = f"{words.counted(more, 'more result')} left out; see the JSON report."
        notifications.append(_notification("exogate/results-left-out", "warning", text))
    notifications += [_notification("exogate/note", "note", note) for note in review.notes]
    return {"executionSuccessful": not errors, "toolExecutionNotifications": notifications}


def _notification(rule: str, level: str, text: str) -> dict[str, Any]:
    return {"descriptor": {"id": well_formed(rule)}, "level": level, "message": _message(text)}


def _properties(review: Review) -> dict[str, Any]:
    document = json_.as_dict(review)
    verdicts = [{k: v for k, v in verdict.items() if k != "findings"} for verdict in document["verdicts"]]
    kept = (
        "decision",
        "would_decide",
        "enforced",
        "policy",
        "provenance",
        "review_needed",
        "base",
        "head",
        "merge_base",
    )
    return {**{name: document[name] for name in kept}, "verdicts": verdicts}


def _message(text: str) -> dict[str, str]:
    return {"text": _LINK.sub("] ", clip(well_formed(text), _LONGEST_TEXT)) or "(no message)"}
