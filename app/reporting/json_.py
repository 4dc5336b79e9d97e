"""The machine's report: JSON in the form of ``review.schema.json``, which is published and versioned."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

from app.reporting.text import well_formed
from app.review_types import SCHEMA_VERSION, PolicyUsed, Review, Revision
from gates.decision import Judged


def render(review: Review) -> str:
    """Return the review as one JSON object, indented, in ASCII (RFC 8259), ending in a newline."""
    return json.dumps(as_dict(review), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every report satisfies."""
    text = resources.files("app.reporting").joinpath("review.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def as_dict(review: Review) -> dict[str, Any]:
    """Return the review as plain JSON values; lone surrogates are shown as backslash escapes."""
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "decision": review.decision.value,
        "would_decide": review.would_decide.value,
        "enforced": review.policy.enforced,
        "policy": _policy(review.policy),
        "provenance": review.provenance.as_dict(),
        "review_needed": review.review_needed,
        "verdicts": [_verdict(j) for j in review.verdicts],
        "notes": list(review.notes),
        "base": _revision(review.base),
        "head": _revision(review.head),
        "merge_base": review.merge_base,
        "files": review.files,
        "added_lines": review.added_lines,
        "removed_lines": review.removed_lines,
        "seconds": _number(review.seconds, 3),
        "tool": {
            "name": "exogate",
            "version": review.tool_version,
            "sandbox": review.sandbox,
            "gate_versions": dict(review.gate_versions),
        },
    }
    clean: dict[str, Any] = _clean(document)
    return clean


def _policy(policy: PolicyUsed) -> dict[str, Any]:
    said = {} if policy.evidence is None else {"evidence": asdict(policy.evidence)}
    return {"name": policy.name, "hash": policy.hash, "source": policy.source, **said}


def _verdict(judged: Judged) -> dict[str, Any]:
    verdict = judged.verdict
    return {
        "gate": verdict.gate,
        "outcome": verdict.outcome.value,
        "blocking": judged.blocking,
        "score": _number(verdict.score),
        "reason": verdict.reason,
        "findings": [f.as_dict() for f in verdict.findings],
        "seconds": _number(verdict.seconds, 3),
    }


def _revision(revision: Revision) -> dict[str, str]:
    return {"ref": revision.ref, "commit": revision.commit}


def _number(value: float | None, digits: int | None = None) -> float | None:
    """Return a number that JSON can hold: it has no infinities and no NaN."""
    if value is None or not math.isfinite(value):
        return None
    return value if digits is None else round(value, digits)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {well_formed(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
