"""Reviews, merges and lines for the ledger's tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.provenance.types import Provenance, Status
from app.reporting import json_
from app.review_types import Revision
from tests.app.reporting.conftest import ACCEPTING, DECLARED, REJECTING, UNJUDGED, review

if TYPE_CHECKING:
    from app.ledger.attribution import LineRow
    from app.ledger.ledger import Ledger
    from gates.decision import Judged

REPOSITORY = 4_294_967_296_001
"""More than 32 bits hold, as GitHub's numbers will be."""

NAME = "octo/shop"
HEAD, MERGED = "b" * 40, "c" * 40

__all__ = ["ACCEPTING", "DECLARED", "REJECTING", "UNJUDGED"]


def document(*verdicts: Judged, head: str = HEAD, provenance: Provenance = DECLARED, **fields: Any) -> dict[str, Any]:
    made = review(*verdicts, provenance=provenance, head=Revision("feature", head))
    return {**json_.as_dict(made), **fields}


def add_review(ledger: Ledger, *verdicts: Judged, number: int | None = 1, **given: Any) -> int:
    of_ledger = {name: given.pop(name) for name in ("delivery", "installation", "seen", "policy_text") if name in given}
    repository_id = given.pop("repository_id", REPOSITORY)
    repository = given.pop("repository", NAME)
    told = document(*(verdicts or (ACCEPTING,)), **given)
    return ledger.review(told, repository_id=repository_id, repository=repository, number=number, **of_ledger)


def add_merge(ledger: Ledger, lines: Sequence[LineRow] = (), **given: Any) -> int:
    told: dict[str, Any] = {
        "repository_id": REPOSITORY,
        "repository": NAME,
        "number": 1,
        "head": HEAD,
        "merge_sha": MERGED,
        "method": "squash",
        "reviewers": "none",
        **given,
    }
    return ledger.merge(lines=lines, **told)


def undeclared() -> Provenance:
    return Provenance(Status.UNDECLARED, rules="2026.1")
