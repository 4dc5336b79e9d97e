from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.provenance.types import Provenance, Status, Tier
from app.reporting import words
from app.review_types import Revision
from gates.verdict import Finding, Severity, Verdict


def test_a_mixed_change_says_how_much_was_declared(samples: SimpleNamespace) -> None:
    mixed = replace(samples.DECLARED, status=Status.MIXED, ignored=(), lines={"ai-declared": 30, "undeclared": 70})
    line = words.provenance_line(mixed)
    assert line.startswith("declared: AI in part (30 of 100 added lines), Claude Code (anthropic)")
    assert words.provenance_line(replace(mixed, lines={"undeclared": 7})).startswith("declared: AI in part (0 of 7")
    assert words.provenance_line(replace(mixed, lines={})).startswith("declared: AI in part, Claude")


def test_the_strongest_tier_speaks(samples: SimpleNamespace) -> None:
    signals = (samples.CLAUDE, replace(samples.CLAUDE, tier=Tier.ACTOR), replace(samples.CLAUDE, tier=Tier.TEXT))
    assert words.provenance_line(replace(samples.DECLARED, signals=signals, ignored=())).endswith(", account tier")


def test_a_declaration_without_names_says_so() -> None:
    assert words.provenance_line(Provenance(Status.AI_DECLARED)) == "declared: AI, tool not named"


def test_a_person_is_attested_not_proved() -> None:
    assert words.provenance_line(Provenance(Status.HUMAN_ATTESTED)) == "attested: a person says they wrote it"


@pytest.mark.parametrize(
    ("line", "end", "shown"), [(None, None, ""), (3, None, "3"), (3, 3, "3"), (3, 2, "3"), (3, 4, "3-4")]
)
def test_places(line: int | None, end: int | None, shown: str) -> None:
    assert words.place(Finding("a", line, "r", "m", end_line=end)) == shown


def test_findings_are_ordered_by_gravity_and_place() -> None:
    note, late, early = (
        Finding("a", 1, "r", "m", Severity.NOTE),
        Finding("b", 9, "r", "m", Severity.ERROR),
        Finding("b", 2, "r", "m", Severity.ERROR),
    )
    assert words.by_importance([note, late, early]) == [early, late, note]


def test_a_commit_that_was_asked_for_by_its_hash_is_said_once(samples: SimpleNamespace) -> None:
    review = replace(samples.ACCEPTED, base=Revision("aaaaaaa", "a" * 40))
    assert words.change_line(review).startswith("aaaaaaaaaa .. feature/cart (bbbbbbbbbb): 3 files, +140 -12 lines")


@pytest.mark.parametrize(
    ("names", "text"), [([], "none"), (["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")]
)
def test_lists_are_english(names: list[str], text: str) -> None:
    assert words.listed(names) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 files"), (1, "1 file"), (2000, "2,000 files")])
def test_counts_are_english(count: int, text: str) -> None:
    assert words.counted(count, "file") == text


def test_an_accepted_headline_names_who_advised_or_could_not_judge(samples: SimpleNamespace) -> None:
    unjudged = replace(samples.UNJUDGED, blocking=False)
    rest = words.headline(samples.review(samples.ACCEPTING, samples.ADVISING, unjudged, samples.SKIPPED)).rest
    assert rest == ": 1 gate accepted, lint advised against it, base-tests could not judge, 1 did not apply"


def test_a_change_to_which_no_gate_applies_counts_no_gates(samples: SimpleNamespace) -> None:
    assert words.headline(samples.review(samples.SKIPPED)).rest == ": no gate applies to this change"
    mixed = words.headline(samples.review(samples.SKIPPED, samples.ADVISING)).rest
    assert mixed == ": lint advised against it, 1 gate did not apply"


def test_blocking_verdicts_come_before_advice_of_the_same_kind(samples: SimpleNamespace) -> None:
    rejects = replace(samples.ADVISING, blocking=True, verdict=Verdict.reject("types", "Bad."))
    order = words.in_order([samples.SKIPPED, samples.ACCEPTING, samples.UNJUDGED, samples.ADVISING, rejects])
    assert [j.verdict.gate for j in order] == ["types", "lint", "base-tests", "compile", "command"]
