"""Rule of evidence 6: template text is no mention; what stands in the open is."""

from __future__ import annotations

import pytest

from app.provenance.commit import PullText
from app.provenance.detector import detect_change, detect_commit
from app.provenance.text import read_lines
from app.provenance.types import Status
from tests.app.provenance.build import Build, build_commit

SESSION = "https://claude.ai/code/session_01AbC"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"<!-- e.g. {SESSION} -->", "HTML comment"),
        (f"<!--\nDid you use AI?\n{SESSION}\n-->\nNo.", "HTML comment"),
        (f"<!-- never closed\n{SESSION}\n", "HTML comment"),
        (f"```\n{SESSION}\n```", "code block"),
        (f"~~~~\n```\n{SESSION}\n~~~~", "code block"),
        (f"1. Like so:\n\n     ```\n     {SESSION}\n     ```", "code block"),
        (f"- ```\n  {SESSION}\n  ```", "code block"),
        (f"Say `{SESSION}` if so.", "inline code"),
        (f"> {SESSION}", "quoted text"),
        (f"- [ ] written in {SESSION}", "not ticked"),
        (f"* [ ] {SESSION}", "not ticked"),
        (f"Was AI used ({SESSION})?", "question"),
        ("> 🤖 Generated with [Claude Code](https://claude.com/claude-code)", "quoted text"),
        ("- [ ] Generated with [Claude Code](https://claude.com/claude-code)", "not ticked"),
    ],
)
def test_template_text(body: str, said: str) -> None:
    found = detect_change([build_commit()], PullText(body)).sum
    assert found.status is Status.UNDECLARED
    assert found.signals == ()
    (ignored,) = found.ignored
    assert said in ignored.reason


@pytest.mark.parametrize(
    "body",
    [
        "## Was AI used?\n\n- [ ] Yes: Claude Code, Copilot, Cursor\n- [x] No\n\nWhich tool (Claude, Devin)?\n",
        "- [x] I did not use GitHub Copilot\n",
        "See https://not-cursor.com/agents/bc-1 and https://mychatgpt.com/codex/tasks/task_1",
        "Fixes how claude/ branches and Co-authored-by: Claude lines are shown.",
    ],
)
def test_a_template_that_asks_is_not_even_seen(body: str) -> None:
    found = detect_change([build_commit()], PullText(body)).sum
    assert (found.status, found.signals, found.ignored) == (Status.UNDECLARED, (), ())


@pytest.mark.parametrize(
    "body",
    [
        f"```\ncode\n```\n{SESSION}",
        f"<!-- a comment --> {SESSION}",
        f"- [x] written in {SESSION}",
        "- [x] 🤖 Generated with [Claude Code](https://claude.com/claude-code)",
        "💘 Generated with Crush\n\nCloses #4.\n",
        f"```one``` and no block\n{SESSION}",
        f"Escape `<!--` in names.\n\n{SESSION}",
        f"{'word ' * 500}{SESSION}",
        "https://www.cursor.com/agents?id=bc-1",
        f"**{SESSION}**",
        "<!-- CURSOR_AGENT_PR_BODY_BEGIN -->\r\nText\r\n",
        "*🤖 Generated with [Claude Code](https://claude.ai/code)*",
    ],
)
def test_what_stands_in_the_open_counts(body: str) -> None:
    assert detect_change([build_commit()], PullText(body)).sum.status is Status.AI_DECLARED


@pytest.mark.parametrize(
    "body",
    [
        "```\n<!-- CURSOR_AGENT_PR_BODY_BEGIN -->\n```",
        "<!--\n<!-- CURSOR_AGENT_PR_BODY_BEGIN -->",
        "Cursor writes `<!-- CURSOR_AGENT_PR_BODY_BEGIN -->` first.",
        "> <!-- START COPILOT CODING AGENT SUFFIX -->",
    ],
)
def test_a_marker_that_is_only_shown(body: str) -> None:
    found = detect_change([build_commit()], PullText(body)).sum
    assert found.status is Status.UNDECLARED
    assert len(found.ignored) == 1


def test_a_footer_counts_with_trailers_behind_it(commit: Build) -> None:
    found = detect_commit(commit("Fix\n\n💘 Generated with Crush\n\nReviewed-by: Jane Doe <jane@example.org>\n"))
    assert found.harnesses == ("Crush",)


def test_a_marker_line_in_a_commit_message_is_anchored(commit: Build) -> None:
    line = "Generated with [Claude Code](https://claude.com/claude-code)"
    assert detect_commit(commit(f"Fix\n\n🤖 {line}\n")).status is Status.AI_DECLARED
    assert detect_commit(commit(f"Fix\n\nDrop the footer {line}\n")).status is Status.UNDECLARED


def test_surroundings_of_lines() -> None:
    text = "a\n```py\nb\n```\nc <!-- d\ne --> f\n> g\n- [ ] h\n- [x] i"
    told = [(line.shown, line.opens_in) for line in read_lines(text)]
    assert told == [
        ("a", ""),
        ("", "fence"),
        ("", "fence"),
        ("", "fence"),
        ("c ", ""),
        (" f", "comment"),
        ("> g", "quote"),
        ("- [ ] h", "unchecked"),
        ("- [x] i", ""),
    ]


def test_a_fence_closes_only_with_its_own_kind_and_length() -> None:
    told = [line.opens_in for line in read_lines("````\n```\n~~~~\n```` x\n`````\nout")]
    assert told == ["fence"] * 5 + [""]
