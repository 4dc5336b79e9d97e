"""The step's outputs, written so that no value can add another."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict

from app.reporting.text import visible
from app.review_types import Review

UNJUDGED = {"provenance": "", "harnesses": "", "review-json": "", "sarif-file": "", "evidence": ""}


def outputs_of(review: Review, *, review_json: str, sarif_file: str) -> dict[str, str]:
    """Return the outputs by their names in ``action.yml``."""
    policy = {"policy": review.policy.name, "hash": review.policy.hash, "enforced": review.policy.enforced}
    if review.policy.evidence is not None:
        policy |= asdict(review.policy.evidence)
    return {
        "decision": review.decision.value,
        "provenance": review.provenance.status.value,
        "harnesses": ",".join(review.provenance.harnesses),
        "review-json": review_json,
        "sarif-file": sarif_file,
        "evidence": json.dumps(policy),
    }


def document(values: Mapping[str, str]) -> str:
    """Return the lines for the file ``GITHUB_OUTPUT``, each value between delimiters that nobody can foresee."""
    return "".join(_one(name, visible(value)) for name, value in values.items())


def _one(name: str, value: str) -> str:
    delimiter = f"exogate_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
