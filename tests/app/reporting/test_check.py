"""A check run's summary: what it adds to the report."""

from __future__ import annotations

from dataclasses import replace

from app.reporting.check import summary
from app.reporting.markdown import CHECK_RUN_LIMIT
from app.review_types import Review
from app.standing import Approvals
from tests.app.reporting.conftest import ACCEPTED


def test_it_leads_to_what_was_measured_for_the_policy() -> None:
    judged = replace(ACCEPTED, policy=replace(ACCEPTED.policy, hash="ab" * 32))
    shown = summary(judged, Approvals(), dashboard="https://exogate.example.org")
    assert f"(https://exogate.example.org/policies/{'ab' * 32})" in shown
    assert "/policies/" not in summary(judged, Approvals())


def test_github_takes_it_whatever_is_in_it(any_review: Review) -> None:
    said = ["x" * 700] * 30
    assert len(summary(any_review, Approvals(), said, "https://exogate.example.org").encode()) <= CHECK_RUN_LIMIT
