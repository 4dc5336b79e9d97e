"""A review read back from its JSON, which may come from anybody: from the job that ran a fork's code, for one."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from jsonschema import Draft202012Validator

from app.provenance.types import Ignored, Provenance, Role, Signal, Status, Tier
from app.reporting.json_ import schema
from app.review_types import Evidence, PolicyUsed, Review, Revision
from gates.decision import Decision, Judged, decide
from gates.verdict import Finding, Outcome, Severity, Verdict

# A review with 5,000 findings is about 1.5 MB.
LARGEST = 8 * 1024 * 1024
_LARGEST_NUMBER = 10**12
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


class ReadError(ValueError):
    """What was read is no review; the message is a sentence and quotes nothing of it."""


def read(raw: bytes) -> Review:
    """Return the review that *raw* holds. Raises ``ReadError``.

    Its form must be that of ``review.schema.json``, its numbers must be ones that can be, and its decisions must
    follow from its verdicts. What its texts say stays untrusted, as in every review.
    """
    document = _parsed(raw)
    error = next(Draft202012Validator(schema()).iter_errors(document), None)
    if error is not None:
        where = "/".join(map(str, error.schema_path))
        raise ReadError(f"The review does not have the form of review.schema.json (at the schema's {where}).")
    _check_numbers(document)
    review = _review(document)
    _check_decisions(review)
    return review


def _parsed(raw: bytes) -> Any:
    if len(raw) > LARGEST:
        raise ReadError(f"The review is larger than {LARGEST:,} bytes.")
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except ReadError:
        raise
    except (ValueError, RecursionError):
        raise ReadError("The review is no JSON in UTF-8.") from None


def _no_constant(_: str) -> NoReturn:
    raise ReadError("The review holds a number that JSON has not.")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ReadError("The review names a field twice.")
    return found


def _check_numbers(document: Any) -> None:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, int | float) and not abs(value) <= _LARGEST_NUMBER:
            raise ReadError("The review holds a number that no review has.")


def _check_decisions(review: Review) -> None:
    for revision in (review.base, review.head):
        if not _COMMIT.match(revision.commit):
            raise ReadError("The review names a commit by something that is no commit's id.")
    would = decide(review.verdicts)
    acted_on = would if review.policy.enforced else Decision.ACCEPT
    if review.would_decide is not would or review.decision is not acted_on:
        raise ReadError("The review's decision does not follow from its verdicts.")


def _review(d: dict[str, Any]) -> Review:
    return Review(
        decision=Decision(d["decision"]),
        would_decide=Decision(d["would_decide"]),
        policy=_policy(d["policy"], enforced=d["enforced"]),
        provenance=_provenance(d["provenance"]),
        verdicts=tuple(_judged(v) for v in d["verdicts"]),
        base=Revision(d["base"]["ref"], d["base"]["commit"]),
        head=Revision(d["head"]["ref"], d["head"]["commit"]),
        merge_base=d["merge_base"],
        files=int(d["files"]),
        added_lines=int(d["added_lines"]),
        removed_lines=int(d["removed_lines"]),
        seconds=float(d["seconds"] or 0),
        notes=tuple(d["notes"]),
        review_needed=d["review_needed"],
        tool_version=d["tool"]["version"],
        sandbox=d["tool"]["sandbox"],
        gate_versions=d["tool"]["gate_versions"],
    )


def _policy(d: dict[str, Any], *, enforced: bool) -> PolicyUsed:
    said = d.get("evidence")
    evidence = None if said is None else Evidence(said["line"], said["status"], said["verdict"], said["card"])
    return PolicyUsed(d["name"], d["hash"], d["source"], enforced, evidence)


def _judged(d: dict[str, Any]) -> Judged:
    findings = tuple(_finding(f) for f in d["findings"])
    score = None if d["score"] is None else float(d["score"])
    verdict = Verdict(d["gate"], Outcome(d["outcome"]), d["reason"], score, findings, float(d["seconds"] or 0))
    return Judged(verdict, d["blocking"])


def _finding(d: dict[str, Any]) -> Finding:
    line = None if d["line"] is None else int(d["line"])
    end = None if d["end_line"] is None else int(d["end_line"])
    return Finding(d["path"], line, d["rule"], d["message"], Severity(d["severity"]), end)


def _provenance(d: dict[str, Any]) -> Provenance:
    return Provenance(
        Status(d["status"]),
        tuple(Signal(**{**s, "tier": Tier(s["tier"]), "role": Role(s["role"])}) for s in d["signals"]),
        tuple(Ignored(**i) for i in d["ignored"]),
        tuple(d["harnesses"]),
        tuple(d["model_families"]),
        tuple(d["models"]),
        {Status(status): int(count) for status, count in d["lines"].items()},
        d["rules"],
    )
