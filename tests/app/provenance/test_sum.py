"""The sum over a change's commits and the pull request's own signals."""

from __future__ import annotations

import pytest

from app.provenance.commit import Actor, Commit, PullText
from app.provenance.detector import detect_change, summarise
from app.provenance.types import Provenance, Status, Tier
from tests.app.provenance.build import SHA, build_commit

COPILOT = "Copilot <198982749+Copilot@users.noreply.github.com>"


def ids(found: Provenance) -> set[str]:
    return {signal.id for signal in found.signals}


def chain(*authors: str | None, merges: tuple[int, ...] = ()) -> list[Commit]:
    return [
        build_commit(
            sha=f"{number:040x}",
            parents=("b" * 40, "c" * 40) if number in merges else ("b" * 40,),
            **({"author": author} if author else {}),
        )
        for number, author in enumerate(authors)
    ]


@pytest.mark.parametrize(
    ("authors", "merges", "status"),
    [
        ([], (), Status.UNDECLARED),
        ([None, None], (), Status.UNDECLARED),
        ([COPILOT, COPILOT], (), Status.AI_DECLARED),
        ([COPILOT, None], (), Status.MIXED),
        ([COPILOT, None], (1,), Status.AI_DECLARED),
        ([None, COPILOT], (1,), Status.MIXED),
        ([None], (0,), Status.UNDECLARED),
    ],
)
def test_the_sum_of_commits(authors: list[str | None], merges: tuple[int, ...], status: Status) -> None:
    assert detect_change(chain(*authors, merges=merges)).sum.status is status


def test_a_strong_signal_of_the_pull_request_covers_all() -> None:
    found = detect_change(chain(None, COPILOT), PullText(branch="claude/fix"))
    assert found.sum.status is Status.AI_DECLARED
    assert found.sum.harnesses == ("Claude Code", "Copilot")
    assert [one.provenance.status for one in found.commits] == [Status.UNDECLARED, Status.AI_DECLARED]


def test_an_attested_commit_is_not_covered_away() -> None:
    attested = build_commit("Fix\n\nSigned-off-by: Jane Doe <jane@example.org>\n")
    found = detect_change([attested], PullText(branch="claude/fix"), accepted_signoffs=True)
    assert found.sum.status is Status.MIXED


def test_attested_and_undeclared_is_undeclared() -> None:
    attested = build_commit("Fix\n\nSigned-off-by: Jane Doe <jane@example.org>\n")
    found = detect_change([attested, *chain(None)], accepted_signoffs=True)
    assert found.sum.status is Status.UNDECLARED
    assert detect_change([attested], accepted_signoffs=True).sum.status is Status.HUMAN_ATTESTED


def test_a_sign_off_does_not_outweigh_a_weak_sign_of_the_pull_request() -> None:
    attested = build_commit("Fix\n\nSigned-off-by: Jane Doe <jane@example.org>\n")
    found = detect_change([attested], PullText(branch="codex/fix"), accepted_signoffs=True)
    assert found.sum.status is Status.UNDECLARED
    plain = detect_change([attested], PullText(branch="fix"), accepted_signoffs=True)
    assert plain.sum.status is Status.HUMAN_ATTESTED


def test_the_full_name_of_the_branch_works_too() -> None:
    assert detect_change([], PullText(branch="refs/heads/claude/x")).sum.status is Status.AI_DECLARED


def test_signals_carry_their_commit_and_the_pull_requests_none() -> None:
    found = detect_change([build_commit(author=COPILOT)], PullText(branch="claude/x"))
    assert {signal.id: signal.commit for signal in found.sum.signals} == {"copilot-agent": SHA, "branch-claude": None}


def test_the_sum_can_be_made_of_results() -> None:
    found = detect_change(chain(COPILOT, None))
    assert summarise(found.commits) == found.sum


# Who opened it, by the API.


def opened(number: int, login: str, *, is_bot: bool = True) -> Provenance:
    return detect_change([build_commit()], PullText(author=Actor(number, login, is_bot))).sum


def test_an_agents_account_that_opens_covers_all() -> None:
    found = opened(158243242, "devin-ai-integration[bot]")
    assert (found.status, found.harnesses) == (Status.AI_DECLARED, ("Devin",))
    assert (found.signals[0].tier, found.signals[0].field) == (Tier.ACTOR, "opened-by")


@pytest.mark.parametrize(
    ("number", "login", "is_bot", "said"),
    [
        (7, "devin-ai-integration[bot]", True, "Login and id disagree"),
        (158243242, "somebody", False, "Login and id disagree"),
        (158243242, "devin-ai-integration[bot]", False, "does not call it a bot"),
        (136622811, "coderabbitai[bot]", True, "reviews"),
        (4711, "v0[bot]", True, "number is not known"),
        (49699333, "dependabot[bot]", True, "Automation"),
    ],
)
def test_an_account_that_opens_and_says_nothing(number: int, login: str, is_bot: bool, said: str) -> None:
    found = opened(number, login, is_bot=is_bot)
    assert found.status is Status.UNDECLARED
    (ignored,) = found.ignored
    assert said in ignored.reason


def test_a_person_who_opens_says_nothing() -> None:
    assert opened(12345, "ada", is_bot=False).ignored == ()
