"""The way from a report to what was measured for its policy: where the operator names a dashboard, and never else."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.reporting import markdown, terminal
from app.reporting.evidence_link import dashboard_of, evidence_page
from app.review_types import Evidence, Review

HASH = "ab" * 32
HERE = "https://exogate.example/deep"
PAGE = f"{HERE}/policies/{HASH}"


@pytest.fixture
def measured(samples: SimpleNamespace) -> Review:
    review: Review = samples.REJECTED
    evidence = Evidence("policy `x`: 94 % of skill kept", "measured")
    return replace(review, policy=replace(review.policy, hash=HASH, evidence=evidence))


@pytest.mark.parametrize("given", ["https://exogate.example", "http://127.0.0.1:8000", "http://[::1]:8000/x/"])
def test_an_address_is_taken(given: str) -> None:
    assert dashboard_of({"EXOGATE_PUBLIC_URL": given}) == given.rstrip("/")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "exogate.example",
        "javascript:alert(1)",
        "https://",
        "https://me@x",
        "https://x/a)[b](c",
        "https://x/ y",
    ],
)
def test_what_is_no_address_is_none(given: str) -> None:
    assert dashboard_of({"EXOGATE_PUBLIC_URL": given}) is None
    assert dashboard_of({}) is None


def test_a_page_is_one_of_a_hash() -> None:
    assert evidence_page(HASH, HERE) == PAGE
    assert evidence_page(HASH, None) is None
    assert evidence_page("](x", HERE) is None


def test_the_markdown_leads_there(measured: Review) -> None:
    assert f"94 % of skill kept ([its page]({PAGE}))" in markdown.render(measured, dashboard=HERE).replace(
        "&#8203;", ""
    )
    assert "its page" not in markdown.render(measured)
    without = replace(measured, policy=replace(measured.policy, evidence=None))
    assert PAGE not in markdown.render(without, dashboard=HERE)


def test_the_terminal_names_it(measured: Review) -> None:
    assert PAGE in terminal.render(measured, width=200, colour=False, dashboard=HERE)
    assert "policies" not in terminal.render(measured, width=200, colour=False)
