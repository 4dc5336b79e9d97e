"""Which labels a review gives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.provenance.types import Provenance, Status
from app.reporting.labels import BY_NAME, LABELS, family, wanted
from app.review_types import Review
from gates.decision import Decision
from gates.verdict import Verdict
from tests.app.reporting.conftest import (
    ACCEPTED,
    ACCEPTING,
    ADVICE_ONLY,
    ADVISING,
    COULD_NOT,
    REJECTED,
    SKIPPED,
    advises,
    review,
)


def _gates(result: Review) -> set[str]:
    return {name for name in wanted(result) if family(name) == "gates"}


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (Status.AI_DECLARED, "provenance/ai"),
        (Status.MIXED, "provenance/mixed"),
        (Status.HUMAN_ATTESTED, "provenance/human"),
        (Status.UNDECLARED, "provenance/undeclared"),
    ],
)
def test_provenance_has_one_label(status: Status, label: str) -> None:
    assert {n for n in wanted(review(ACCEPTING, provenance=Provenance(status))) if family(n) == "provenance"} == {label}


@pytest.mark.parametrize(
    ("result", "labels"),
    [
        (ACCEPTED, {"gates/passed"}),
        (REJECTED, {"gates/failed"}),
        (ADVICE_ONLY, {"gates/failed"}),  # it binds nobody, and is said all the same
        (review(ACCEPTING, ADVISING), {"gates/passed"}),
        (COULD_NOT, set()),  # could not judge is neither
        (replace(COULD_NOT, decision=Decision.ACCEPT), set()),
        (review(SKIPPED), set()),  # nothing accepted it
        (review(), set()),
        (review(advises(Verdict.error("lint", "No."))), set()),
    ],
)
def test_gates_have_one_label_or_none(result: Review, labels: set[str]) -> None:
    assert _gates(result) == labels


def test_github_takes_every_label() -> None:
    assert len(BY_NAME) == len(LABELS)
    for label in LABELS:
        assert 0 < len(label.name) <= 50
        assert len(label.color) == 6
        assert int(label.color, 16) >= 0
        assert 0 < len(label.description) <= 100
