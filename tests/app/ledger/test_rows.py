"""What goes into the ledger comes out of it, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from app.ledger.attribution import LineRow, Origin
from app.ledger.ledger import Ledger
from app.provenance.types import Ignored, Provenance, Status
from gates.decision import Judged
from gates.verdict import Verdict
from tests.app.ledger.build import (
    ACCEPTING,
    HEAD,
    MERGED,
    NAME,
    REJECTING,
    REPOSITORY,
    UNJUDGED,
    add_merge,
    add_review,
    document,
    undeclared,
)
from tests.app.ledger.conftest import Clock


def test_a_delivery_is_new_once(ledger: Ledger, clock: Clock) -> None:
    assert ledger.delivery("d1", "pull_request", "opened", 7, REPOSITORY, clock.now) is True
    assert ledger.delivery("d1", "pull_request", "opened", 7, REPOSITORY, clock.now) is False
    (heard,) = ledger.deliveries_since(clock.now)
    assert (heard.id, heard.event, heard.action, heard.installation, heard.repository_id) == (
        "d1", "pull_request", "opened", 7, REPOSITORY,
    )  # fmt: skip
    assert heard.received == clock.now
    assert heard.outcome is None


def test_the_last_outcome_of_a_delivery_counts(ledger: Ledger, clock: Clock) -> None:
    ledger.delivery("d1", "ping")
    ledger.delivery("d2", "ping")
    ledger.delivery_done("d1", "failed", "GitHub did not answer.")
    ledger.delivery_done("d1", "done", "Reviewed.")
    told = {one.id: (one.outcome, one.detail) for one in ledger.deliveries_since(clock.now)}
    assert told == {"d1": ("done", "Reviewed."), "d2": (None, "")}
    one = ledger.heard("d1")
    assert one is not None
    assert one.outcome == "done"
    assert ledger.heard("d3") is None


def test_deliveries_since_a_moment_are_those_received_then_or_later(ledger: Ledger, clock: Clock) -> None:
    ledger.delivery("old", "ping")
    moment = clock.move(hours=1)
    ledger.delivery("new", "ping")
    assert [one.id for one in ledger.deliveries_since(moment)] == ["new"]
    assert [one.id for one in ledger.deliveries_since(moment - timedelta(hours=1))] == ["old", "new"]


def test_times_are_moments_whatever_the_zone(ledger: Ledger) -> None:
    kyiv = timezone(timedelta(hours=3))
    ledger.delivery("d1", "ping", received=datetime(2026, 8, 1, 15, tzinfo=kyiv))
    (heard,) = ledger.deliveries_since(datetime(2026, 8, 1, 12, tzinfo=UTC))
    assert heard.received == datetime(2026, 8, 1, 12, tzinfo=UTC)
    assert heard.received.tzinfo is UTC
    with pytest.raises(StatementError, match="names no zone"):
        ledger.delivery("d2", "ping", received=datetime(2026, 8, 1, 12))


def test_a_review_comes_back_whole(ledger: Ledger) -> None:
    told = document(ACCEPTING, REJECTING)
    made = ledger.review(told, repository_id=REPOSITORY, repository=NAME, number=3, installation=9, delivery="d1")
    found = ledger.latest_review(REPOSITORY, 3, HEAD)
    assert found is not None
    assert found.id == made
    assert found.document == told
    assert (found.base, found.head, found.number, found.delivery, found.installation) == ("a" * 40, HEAD, 3, "d1", 9)
    assert (found.policy, found.policy_hash) == ("standard", "sha256:" + "ab" * 32)
    assert (found.rules, found.gate_versions, found.status) == (
        "2026.1", {"compile": "1", "tampering": "1"}, "ai-declared",
    )  # fmt: skip
    verdicts = ledger.verdicts(made)
    assert [(v.gate, v.gate_version, v.outcome, v.blocking, v.findings) for v in verdicts] == [
        ("compile", "1", "accept", True, 0),
        ("tampering", "1", "reject", True, 2),
    ]
    signals = ledger.signals(made)
    assert [(s.signal, s.harness, s.model_family, s.ignored) for s in signals] == [
        ("claude-code-trailer", "Claude Code", "anthropic", None),
        ("claude-name", None, None, "a person's name"),
    ]
    for row in (*verdicts, *signals):
        assert (row.repository_id, row.number, row.head) == (REPOSITORY, 3, HEAD)
        assert (row.rules, row.policy_hash, row.gate_versions) == (found.rules, found.policy_hash, found.gate_versions)


def test_the_latest_review_is_of_that_head_and_pull_request(ledger: Ledger) -> None:
    add_review(ledger, number=1)
    second = add_review(ledger, REJECTING, number=1)
    add_review(ledger, number=1, head="d" * 40)
    group = add_review(ledger, number=None)
    found = ledger.latest_review(REPOSITORY, 1, HEAD)
    assert found is not None
    assert found.id == second
    of_group = ledger.latest_review(REPOSITORY, None, HEAD)
    assert of_group is not None
    assert of_group.id == group
    assert ledger.latest_review(REPOSITORY, 2, HEAD) is None
    assert [one.id for one in ledger.reviews(REPOSITORY, 1)] == [3, 2, 1]
    assert [one.id for one in ledger.reviews(REPOSITORY)] == [4, 3, 2, 1]


def test_text_that_no_database_holds_is_kept_visibly(ledger: Ledger) -> None:
    hostile = "a\0b\udcffc\u202e"
    verdict = Judged(Verdict.reject("compile", hostile), blocking=True)
    provenance = Provenance(Status.UNDECLARED, ignored=(Ignored("x", "body", hostile, hostile),), rules="1")
    told = document(verdict, provenance=provenance)
    told["notes"] = [hostile]
    made = ledger.review(told, repository_id=REPOSITORY, repository=NAME, number=1)
    (row,) = ledger.verdicts(made)
    assert row.reason == "a\\x00b\\xffc\u202e"
    (signal,) = ledger.signals(made)
    assert signal.evidence.startswith("a\\x00b")
    found = ledger.latest_review(REPOSITORY, 1, HEAD)
    assert found is not None
    assert found.document["notes"] == [hostile]


def test_a_review_that_fails_half_way_leaves_nothing(ledger: Ledger) -> None:
    told = document(ACCEPTING)
    del told["verdicts"][0]["reason"]
    with pytest.raises(KeyError):
        ledger.review(told, repository_id=REPOSITORY, repository=NAME, number=1)
    assert ledger.reviews(REPOSITORY) == []
    assert ledger.repository_ids(NAME) == []


def test_an_override_is_a_row_with_the_stamp_of_what_it_was_said_about(ledger: Ledger) -> None:
    judged = add_review(ledger)
    said = {"repository_id": REPOSITORY, "number": 1, "head": HEAD, "actor": "ada"}
    ledger.override(**said, kind="provenance", value="human", reason="I wrote it.", delivery="d1")
    ledger.override(**said, kind="label", value="-gates/passed")
    ledger.override(**{**said, "head": "d" * 40}, kind="provenance", value="ai")
    rows = ledger.overrides(REPOSITORY, 1)
    assert [(o.kind, o.value, o.reason, o.actor, o.review_id) for o in rows] == [
        ("provenance", "human", "I wrote it.", "ada", judged),
        ("label", "-gates/passed", "", "ada", judged),
        ("provenance", "ai", "", "ada", None),
    ]
    assert (rows[0].rules, rows[0].policy_hash) == ("2026.1", "sha256:" + "ab" * 32)
    assert (rows[2].rules, rows[2].gate_versions) == (None, None)
    assert ledger.overrides(REPOSITORY, 2) == []


def test_an_override_to_no_provenance_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="'robot' is none of them"):
        ledger.override(repository_id=1, number=1, head=HEAD, actor="ada", kind="provenance", value="robot")
    assert ledger.overrides(1, 1) == []


def test_a_merge_is_added_once_with_its_lines(ledger: Ledger) -> None:
    judged = add_review(ledger)
    line = LineRow("src/a b\udcff.py", 3, 9, Origin(Status.AI_DECLARED, "Claude Code", "anthropic", "Claude Opus 4.6"))
    first = add_merge(ledger, [line], reviewers="independent", delivery="d9")
    assert add_merge(ledger, [line, line]) == first
    (merge,) = ledger.merges(REPOSITORY)
    assert (merge.id, merge.head, merge.merge_sha, merge.method, merge.reviewers, merge.delivery) == (
        first, HEAD, MERGED, "squash", "independent", "d9",
    )  # fmt: skip
    assert (merge.status, merge.harnesses, merge.model_families) == ("ai-declared", ["Claude Code"], ["anthropic"])
    assert (merge.review_id, merge.rules, merge.gates_passed) == (judged, "2026.1", True)
    (row,) = ledger.merge_lines(first)
    assert (row.path, row.first, row.last, row.status) == ("src/a b\\xff.py", 3, 9, "ai-declared")
    assert (row.harness, row.model_family, row.model) == ("Claude Code", "anthropic", "Claude Opus 4.6")


@pytest.mark.parametrize(
    ("verdicts", "passed"),
    [((ACCEPTING,), True), ((ACCEPTING, REJECTING), False), ((ACCEPTING, UNJUDGED), None)],
)
def test_gates_passed_says_what_the_last_review_said(
    ledger: Ledger, verdicts: tuple[Judged, ...], passed: bool | None
) -> None:
    add_review(ledger, *verdicts)
    add_merge(ledger)
    assert ledger.merges(REPOSITORY)[0].gates_passed is passed


def test_a_merge_that_nobody_reviewed_has_no_verdict_and_no_provenance(ledger: Ledger) -> None:
    add_merge(ledger)
    (merge,) = ledger.merges(REPOSITORY)
    assert (merge.gates_passed, merge.status, merge.review_id, merge.gate_versions) == (None, "undeclared", None, None)


def test_a_review_without_gates_passed_none(ledger: Ledger) -> None:
    told = {**document(ACCEPTING), "verdicts": []}
    ledger.review(told, repository_id=REPOSITORY, repository=NAME, number=1)
    add_merge(ledger)
    assert ledger.merges(REPOSITORY)[0].gates_passed is None


def test_what_was_read_at_the_merge_counts_more_than_the_review(ledger: Ledger) -> None:
    add_review(ledger)
    add_merge(ledger, provenance=undeclared())
    assert ledger.merges(REPOSITORY)[0].status == "undeclared"


@pytest.mark.parametrize("wrong", [{"method": "octopus"}, {"reviewers": "many"}])
def test_a_merge_told_in_other_words_is_refused(ledger: Ledger, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        add_merge(ledger, **wrong)
    assert ledger.merges(REPOSITORY) == []


def test_an_installations_events_are_kept(ledger: Ledger) -> None:
    ledger.installation(7, "octo", "installation.created", ["octo/shop", "octo/lib"], "d1")
    ledger.installation(7, "octo", "installation.suspend")
    ledger.installation(8, "other", "installation.created")
    events = ledger.installation_events(7)
    assert [(e.event, e.repositories, e.delivery) for e in events] == [
        ("installation.created", ["octo/shop", "octo/lib"], "d1"),
        ("installation.suspend", [], None),
    ]


def test_a_repository_is_found_by_its_last_name_only(ledger: Ledger) -> None:
    add_review(ledger, repository_id=1, repository="octo/shop")
    add_review(ledger, repository_id=1, repository="octo/shop")
    assert ledger.repository_ids("Octo/Shop") == [1]
    add_review(ledger, repository_id=1, repository="octo/store")
    add_review(ledger, repository_id=2, repository="octo/shop")
    assert ledger.repository_ids("octo/shop") == [2]
    assert ledger.repository_ids("octo/store") == [1]
    assert ledger.repository_name(1) == "octo/store"
    assert ledger.repository_name(3) is None
