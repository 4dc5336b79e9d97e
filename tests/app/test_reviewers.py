"""Which approvals are review: a table of who approved what, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from app.provenance.commit import Actor
from app.provenance.rules import shipped_rules
from app.provenance.types import Provenance, Status
from app.reviewers import Given, State, Why, judge, latest, to_be_asked, tool_of
from gates.policy import ReviewRule

HEAD, OLD = "a" * 40, "b" * 40
ADA, BOB, EVE = Actor(1, "ada", is_bot=False), Actor(2, "bob", is_bot=False), Actor(3, "eve", is_bot=False)
CLAUDE = Actor(209825114, "claude[bot]", is_bot=True)
CODEX = Actor(199175422, "chatgpt-codex-connector[bot]", is_bot=True)
COPILOT = Actor(175728472, "Copilot", is_bot=True)
GEMINI = Actor(176961590, "gemini-code-assist[bot]", is_bot=True)
RABBIT = Actor(136622811, "coderabbitai[bot]", is_bot=True)
ACTIONS = Actor(41898282, "github-actions[bot]", is_bot=True)
MERGER = Actor(77, "merge-queue[bot]", is_bot=True)
NAMESAKE = Actor(81847, "claude", is_bot=False)

BY_CLAUDE = Provenance(Status.AI_DECLARED, harnesses=("Claude Code",), model_families=("anthropic",))
BY_CURSOR = Provenance(Status.AI_DECLARED, harnesses=("Cursor",), model_families=("unknown",))
CURSOR_CLAUDE = Provenance(Status.MIXED, harnesses=("Cursor",), model_families=("anthropic",))
BY_COPILOT = Provenance(Status.AI_DECLARED, harnesses=("Copilot",), model_families=("unknown",))
NAMELESS = Provenance(Status.AI_DECLARED)
UNDECLARED = Provenance(Status.UNDECLARED)

EVERY: Any = ("ai-declared", "mixed", "human-attested", "undeclared")


def ok(who: Actor, **fields: Any) -> Given:
    return Given(who, **{"state": "APPROVED", "commit": HEAD, "permission": "write", **fields})


@pytest.mark.parametrize(
    ("by", "provenance", "given", "expected"),
    [
        # People.
        ("human", BY_CLAUDE, [ok(BOB)], {"bob": Why.COUNTS}),
        ("human", BY_CLAUDE, [ok(BOB, permission="maintain")], {"bob": Why.COUNTS}),
        ("human", BY_CLAUDE, [ok(BOB, permission=None, association="OWNER")], {"bob": Why.COUNTS}),
        ("human", BY_CLAUDE, [ok(NAMESAKE)], {"claude": Why.COUNTS}),
        ("human", BY_CLAUDE, [ok(ADA)], {"ada": Why.OWN}),
        # Outsiders: what GitHub calls them decides nothing.
        *(
            ("human", BY_CLAUDE, [ok(EVE, permission=role, association="MEMBER")], {"eve": Why.OUTSIDER})
            for role in ("none", "read", "triage", None)
        ),
        ("anyone", BY_CLAUDE, [ok(EVE, permission="read")], {"eve": Why.OUTSIDER}),
        # Stale, dismissed, and what came after.
        ("human", BY_CLAUDE, [ok(BOB, commit=OLD)], {"bob": Why.STALE}),
        ("human", BY_CLAUDE, [ok(BOB, commit=None)], {"bob": Why.STALE}),
        ("human", BY_CLAUDE, [ok(BOB, commit=OLD), ok(BOB)], {"bob": Why.COUNTS}),
        ("human", BY_CLAUDE, [ok(BOB), ok(BOB, state="COMMENTED", commit=OLD)], {"bob": Why.COUNTS}),
        ("human", BY_CLAUDE, [ok(BOB, state="DISMISSED")], {"bob": Why.DISMISSED}),
        ("human", BY_CLAUDE, [ok(BOB), ok(BOB, state="CHANGES_REQUESTED")], {}),
        ("human", BY_CLAUDE, [ok(BOB, state="CHANGES_REQUESTED"), ok(BOB)], {"bob": Why.COUNTS}),
        ("human", BY_CLAUDE, [ok(BOB, state="PENDING")], {}),
        # Self-review, whatever the policy asks for.
        *(
            (by, provenance, [ok(bot)], {bot.login: why})
            for by in ("human", "independent", "anyone")
            for provenance, bot, why in (
                (BY_CLAUDE, CLAUDE, Why.SAME_HARNESS),
                (CURSOR_CLAUDE, CLAUDE, Why.SAME_FAMILY),
                (BY_COPILOT, COPILOT, Why.SAME_HARNESS),
            )
        ),
        # Relays: after a review of the author's tool, or in its name.
        *(
            (by, BY_CLAUDE, [ok(CLAUDE, state="COMMENTED"), ok(ACTIONS)], {"github-actions[bot]": Why.RELAY})
            for by in ("human", "independent", "anyone")
        ),
        ("anyone", BY_CLAUDE, [ok(ACTIONS, body="Approved by Claude Code.")], {"github-actions[bot]": Why.RELAY}),
        ("anyone", BY_CLAUDE, [ok(ACTIONS, body="All fine.\n\n**claude-opus-4**")], {"github-actions[bot]": Why.RELAY}),
        ("anyone", BY_CLAUDE, [ok(ACTIONS, body="LGTM")], {"github-actions[bot]": Why.COUNTS}),
        ("anyone", BY_CLAUDE, [ok(CLAUDE, state="COMMENTED", commit=OLD), ok(ACTIONS)], {ACTIONS.login: Why.COUNTS}),
        ("anyone", BY_CLAUDE, [ok(ACTIONS), ok(CLAUDE, state="COMMENTED")], {ACTIONS.login: Why.COUNTS}),
        ("anyone", BY_CLAUDE, [ok(CODEX, state="COMMENTED"), ok(ACTIONS)], {ACTIONS.login: Why.COUNTS}),
        ("human", BY_CLAUDE, [ok(BOB, body="Approved by Claude Code.")], {"bob": Why.COUNTS}),
        # Automation that nobody knows: no person decided.
        ("human", BY_CLAUDE, [ok(ACTIONS)], {"github-actions[bot]": Why.AUTOMATION}),
        ("independent", BY_CLAUDE, [ok(MERGER)], {"merge-queue[bot]": Why.AUTOMATION}),
        ("anyone", BY_CLAUDE, [ok(MERGER)], {"merge-queue[bot]": Why.COUNTS}),
        # Tools of others.
        ("human", BY_CLAUDE, [ok(CODEX)], {CODEX.login: Why.TOOL}),
        ("independent", BY_CLAUDE, [ok(CODEX)], {CODEX.login: Why.COUNTS}),
        ("independent", BY_CLAUDE, [ok(GEMINI)], {GEMINI.login: Why.COUNTS}),
        ("independent", BY_CLAUDE, [ok(RABBIT)], {RABBIT.login: Why.UNKNOWN_FAMILY}),
        ("independent", BY_CLAUDE, [ok(COPILOT)], {"Copilot": Why.UNKNOWN_FAMILY}),
        ("independent", BY_CURSOR, [ok(CODEX)], {CODEX.login: Why.UNKNOWN_FAMILY}),
        ("independent", NAMELESS, [ok(CODEX)], {CODEX.login: Why.UNKNOWN_FAMILY}),
        ("independent", CURSOR_CLAUDE, [ok(CODEX)], {CODEX.login: Why.COUNTS}),
        ("independent", BY_CLAUDE, [ok(BOB)], {"bob": Why.COUNTS}),
        ("independent", Provenance(Status.HUMAN_ATTESTED), [ok(CODEX)], {CODEX.login: Why.COUNTS}),
        ("independent", UNDECLARED, [ok(CODEX)], {CODEX.login: Why.UNKNOWN_FAMILY}),
        ("anyone", BY_CLAUDE, [ok(RABBIT)], {RABBIT.login: Why.COUNTS}),
        # What nobody declared has no self.
        ("anyone", UNDECLARED, [ok(CLAUDE)], {"claude[bot]": Why.COUNTS}),
        ("human", UNDECLARED, [ok(CLAUDE)], {"claude[bot]": Why.TOOL}),
    ],
)  # fmt: skip
def test_who_counts(by: Any, provenance: Provenance, given: list[Given], expected: dict[str, Why]) -> None:
    done = judge(given, head=HEAD, author=ADA, provenance=provenance, rule=ReviewRule(declared=EVERY, by=by))
    assert {a.login: a.why for a in done.approvals} == expected
    assert done.counted == sum(why is Why.COUNTS for why in expected.values())
    for approval in done.approvals:
        assert approval.login in approval.sentence
        assert approval.sentence.endswith(".")


@pytest.mark.parametrize(
    ("given", "is_self"),
    [
        ([], False),
        ([ok(CLAUDE)], True),
        ([ok(CLAUDE), ok(CLAUDE, state="COMMENTED"), ok(ACTIONS)], True),
        ([ok(CLAUDE), ok(BOB)], False),
        ([ok(CLAUDE), ok(CODEX)], False),
        ([ok(MERGER), ok(CLAUDE)], False),
        ([ok(CLAUDE), ok(MERGER)], True),
        ([ok(CLAUDE), ok(BOB, commit=OLD)], True),
        ([ok(CLAUDE), ok(EVE, permission="read")], True),
        ([ok(CLAUDE), ok(BOB, state="DISMISSED")], True),
        ([ok(CLAUDE), ok(BOB, state="CHANGES_REQUESTED")], True),
        ([ok(CLAUDE, commit=OLD)], False),
        ([ok(BOB, commit=OLD)], False),
    ],
)
def test_self_review(given: list[Given], is_self: bool) -> None:
    done = judge(given, head=HEAD, author=ADA, provenance=BY_CLAUDE, rule=ReviewRule())
    assert done.is_self_review is is_self
    assert done.needed == 1


@pytest.mark.parametrize(
    ("rule", "provenance", "given", "needed", "is_enough"),
    [
        (None, BY_CLAUDE, [], 0, True),
        (ReviewRule(), UNDECLARED, [], 0, True),
        (ReviewRule(), BY_CLAUDE, [], 1, False),
        (ReviewRule(approvals=0), BY_CLAUDE, [], 0, True),
        (ReviewRule(), BY_CLAUDE, [ok(BOB)], 1, True),
        (ReviewRule(approvals=2), BY_CLAUDE, [ok(BOB)], 2, False),
        (ReviewRule(approvals=2), BY_CLAUDE, [ok(BOB), ok(BOB)], 2, False),
        (ReviewRule(approvals=2), BY_CLAUDE, [ok(BOB), ok(EVE)], 2, True),
        (ReviewRule(declared=("undeclared",)), BY_CLAUDE, [], 0, True),
    ],
)
def test_how_many(
    rule: ReviewRule | None, provenance: Provenance, given: list[Given], needed: int, is_enough: bool
) -> None:
    done = judge(given, head=HEAD, author=ADA, provenance=provenance, rule=rule)
    assert (done.needed, done.is_enough) == (needed, is_enough)


def test_permissions_are_asked_for_where_they_decide() -> None:
    given = [
        ok(BOB, permission=None),
        ok(EVE, permission=None, commit=OLD),
        ok(ADA, permission=None),
        ok(CLAUDE, permission=None),
        ok(Actor(9, "zoe", is_bot=False), permission=None, association="OWNER"),
        ok(Actor(10, "yan", is_bot=False), permission="read"),
    ]
    assert to_be_asked(given, HEAD, ADA) == ["bob"]


@pytest.mark.parametrize(
    ("actor", "harness"),
    [
        (CLAUDE, "Claude Code"),
        (Actor(5, "claude[bot]", is_bot=True), "Claude Code"),  # on a server of one's own, numbers are others
        (Actor(5, "claude[bot]", is_bot=False), None),  # no account of a person has such a login
        (Actor(209825114, "renamed", is_bot=False), "Claude Code"),
        (NAMESAKE, None),
        (Actor(6, "openhands-agent", is_bot=False), "OpenHands"),
        (ACTIONS, None),
        (Actor(49699333, "dependabot[bot]", is_bot=True), None),
        (BOB, None),
        (Actor(0, "", is_bot=False), None),
    ],
)
def test_tools_by_their_accounts(actor: Actor, harness: str | None) -> None:
    found = tool_of(actor, shipped_rules())
    assert (found.harness if found else None) == harness


actors = st.sampled_from([ADA, BOB, EVE, CLAUDE, CODEX, ACTIONS, RABBIT])
reviews = st.builds(
    Given,
    reviewer=actors,
    state=st.sampled_from([*State, "PENDING"]),
    commit=st.sampled_from([HEAD, OLD, None]),
    association=st.sampled_from(["OWNER", "MEMBER", "NONE"]),
    permission=st.sampled_from([None, "none", "read", "write", "admin"]),
    body=st.text(max_size=40) | st.just("Approved by Claude Code"),
)


@settings(deadline=None)
@hypothesis_given(st.lists(reviews, max_size=8), st.sampled_from(["human", "independent", "anyone"]))
def test_the_promises_hold_for_any_reviews(given: list[Given], by: Any) -> None:
    done = judge(given, head=HEAD, author=ADA, provenance=BY_CLAUDE, rule=ReviewRule(by=by))
    counted = {a.login for a in done.approvals if a.counts}
    assert "claude[bot]" not in counted
    assert "ada" not in counted
    for review in latest(given):
        if review.reviewer.login in counted:
            assert (review.state, review.commit) == ("APPROVED", HEAD)
    assert by != "human" or counted <= {"bob", "eve"}
    assert not (done.is_self_review and counted)
    assert len({a.login for a in done.approvals}) == len(done.approvals)
