"""Which labels a review gives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.provenance.types import Provenance, Status
from app.reporting.labels import BY_KEY, LABELS, configured, family, wanted
from app.review_types import Review
from gates.decision import Decision
from gates.policy_labels import LABEL_KEYS, LabelRule
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
    assert len(BY_KEY) == len(LABELS)
    for label in LABELS:
        assert 0 < len(label.name) <= 50
        assert len(label.color) == 6
        assert int(label.color, 16) >= 0
        assert 0 < len(label.description) <= 100


def test_a_policy_knows_the_same_labels() -> None:
    assert set(LABEL_KEYS) == set(BY_KEY)


def test_a_policy_gives_names_and_colours() -> None:
    labels = configured({"gates/failed": LabelRule(name="Exogate: failed", color="ff0000")})
    failed = labels.by_key["gates/failed"]
    assert (failed.name, failed.color) == ("Exogate: failed", "ff0000")
    assert failed.description == BY_KEY["gates/failed"].description
    assert labels.by_key["gates/passed"] == BY_KEY["gates/passed"]
    assert labels.key("exogate: FAILED") == "gates/failed"
    assert labels.key("gates/failed") is None
    assert labels.is_former("Gates/Failed")
    assert not labels.is_former("gates/passed")
    assert [labels.known_as(word) for word in ("gates/failed", "human")] == ["Exogate: failed", "human"]


def test_a_name_that_another_label_took_over_is_no_former_one() -> None:
    swapped = configured(
        {"gates/failed": LabelRule(name="gates/passed"), "gates/passed": LabelRule(name="gates/failed")}
    )
    assert swapped.key("gates/passed") == "gates/failed"
    assert not swapped.is_former("gates/passed")


def test_a_description_may_be_empty() -> None:
    assert configured({"gates/failed": LabelRule(description="")}).by_key["gates/failed"].description == ""
