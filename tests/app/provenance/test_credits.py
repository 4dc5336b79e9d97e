"""Rule of evidence 4, case by case: trailers and credits lie in both directions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.provenance.detector import detect_commit
from app.provenance.names import UNKNOWN
from app.provenance.types import Role, Status
from tests.app.provenance.build import CLAUDE, COPILOT, Build, ids, reason, with_trailers

# Rule 4: trailers lie in both directions.


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        ("2026-04-21T23:59:59+00:00", True),
        ("2026-04-22T00:00:00+00:00", False),
        ("2026-04-22T01:00:00+02:00", True),
        ("2026-05-06T23:59:59+00:00", False),
        ("2026-05-07T00:00:00+00:00", True),
        ("2026-06-15T00:00:00+00:00", False),
        ("2026-07-01T00:00:00+00:00", True),
    ],
)
def test_the_editors_false_trailer_by_day(day: str, counts: bool) -> None:
    when = datetime.fromisoformat(day)
    found = with_trailers("Co-authored-by: Copilot <copilot@github.com>", when=when)
    assert (found.status is Status.AI_DECLARED) is counts
    if not counts:
        assert "VS Code" in found.ignored[0].reason


def test_the_false_trailer_counts_where_copilots_account_agrees() -> None:
    when = datetime(2026, 4, 30, tzinfo=UTC)
    found = with_trailers("Co-authored-by: Copilot <copilot@github.com>", author=COPILOT, when=when)
    assert ids(found) == {"copilot-agent", "copilot-vscode-doubt-1"}
    assert found.ignored == ()


def test_the_day_is_the_authors_not_the_committers() -> None:
    days = {"when": datetime(2026, 4, 1, tzinfo=UTC), "committed": datetime(2026, 4, 30, tzinfo=UTC)}
    assert with_trailers("Co-authored-by: Copilot <copilot@github.com>", **days).status is Status.AI_DECLARED


@pytest.mark.parametrize(
    ("value", "harness", "model", "family"),
    [
        ("LLM", UNKNOWN, None, UNKNOWN),
        ("LLM [sparse] [coccinelle]", UNKNOWN, None, UNKNOWN),
        ("Claude:claude-opus-4-6 [smatch]", "Claude Code", "claude-opus-4-6", "anthropic"),
        ("Codex (gpt-5.5)", "Codex", "gpt-5.5", "openai"),
        ("GPT-5.6 Sol via Codex", "Codex", "GPT-5.6 Sol", "openai"),
        ("Claude Opus 4.6 (1M context)", UNKNOWN, "Claude Opus 4.6", "anthropic"),
        ("Claude Opus 4.6 <noreply@anthropic.com>", "Claude Code", "Claude Opus 4.6", "anthropic"),
    ],
)
def test_assisted_by_with_a_tool(value: str, harness: str, model: str | None, family: str) -> None:
    found = with_trailers(f"Assisted-by: {value}")
    assert found.status is Status.AI_DECLARED
    (signal,) = found.signals
    assert (signal.harness, signal.model, signal.model_family) == (harness, model, family)
    assert signal.role is Role.ASSIST


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Viktor Szakats", "names no known tool"),
        ("Jane Doe <jane@example.org>", "names no known tool"),
        ("Claude Monet <claude@example.org>", "names no known tool"),
        ("Claude", "bare name"),
        ("Devin <devin@example.org>", "bare name"),
        ("none", "no tool was used"),
    ],
)
def test_assisted_by_with_a_person(value: str, said: str) -> None:
    found = with_trailers(f"Assisted-by: {value}")
    assert found.status is Status.UNDECLARED
    assert said in reason(found, "trailer-assisted-by")


@pytest.mark.parametrize(
    "value",
    [
        "Jane Doe <jane@example.org>, Claude <noreply@anthropic.com>",
        "Claude <noreply@anthropic.com> and Jane Doe <jane@example.org>",
        "noreply@anthropic.com",
        "Claude noreply@anthropic.com",
        "Claude <noreply@anthropic.com",
    ],
)
def test_an_address_is_found_where_a_credit_is_badly_written(value: str) -> None:
    found = with_trailers(f"Co-authored-by: {value}")
    assert ids(found) == {"claude-code-address"}
    assert not found.ignored


def test_a_name_without_an_address_is_seen_and_not_counted() -> None:
    found = with_trailers("Co-authored-by: Claude Opus 4.8")
    assert found.status is Status.UNDECLARED
    assert "A name alone" in reason(found, "bare-name")
    assert with_trailers("Co-authored-by: Jane Doe").ignored == ()


@pytest.mark.parametrize(
    ("trailer", "row"),
    [
        ("Claude-Session: 0123", "claude-session"),
        ("Agent-Logs-Url: https://github.com/o/r/sessions/x", "agent-logs-url"),
        ("Replit-Commit-Author: Agents Ltd", "replit-author"),
        ("Amp-Thread-ID: T-1", "amp-thread"),
    ],
)
def test_a_tools_trailer_with_another_value_is_seen_and_not_counted(trailer: str, row: str) -> None:
    found = with_trailers(trailer)
    assert found.status is Status.UNDECLARED
    assert "not of the form" in reason(found, row)


@pytest.mark.parametrize(
    "trailers", [("Coding-Agent: Claude Code", "Model: none"), ("AI-Tool: x", "AI-Model: unknown")]
)
def test_a_model_that_is_denied_has_no_name(trailers: tuple[str, ...]) -> None:
    assert with_trailers(*trailers).models == ()


@pytest.mark.parametrize("key", ["Reviewed-by", "Acked-by", "Tested-by", "Reported-by"])
def test_credit_for_a_review_is_no_authorship(key: str) -> None:
    found = with_trailers(f"{key}: Claude <noreply@anthropic.com>")
    assert found.status is Status.UNDECLARED
    assert reason(found, "claude-code-address") == "A review is no authorship."


def test_a_tools_sign_off_says_that_it_took_part() -> None:
    found = with_trailers("Signed-off-by: Claude <noreply@anthropic.com>")
    assert found.status is Status.AI_DECLARED
    assert found.signals[0].role is Role.ASSIST


def test_a_trailer_in_the_middle_is_seen_and_not_counted(commit: Build) -> None:
    found = detect_commit(commit(f"Fix\n\n{CLAUDE}\n\nMore text.\n"))
    assert found.status is Status.UNDECLARED
    assert "outside the trailer block" in reason(found, "trailer-outside")


def test_a_person_credited_in_the_middle_is_not_worth_a_line(commit: Build) -> None:
    found = detect_commit(commit("Fix\n\nCo-authored-by: Joe <joe@example.org>\nAssisted-by: Ann\n\nMore text.\n"))
    assert found.ignored == ()


def test_a_github_squash_message(commit: Build) -> None:
    message = f"Fix (#7)\n\n* one\n\n* two\n\n---------\n\nCo-authored-by: Joe <joe@example.org>\n{CLAUDE}\n"
    assert detect_commit(commit(message)).status is Status.AI_DECLARED
