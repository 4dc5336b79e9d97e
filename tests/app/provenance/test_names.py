"""Tool and model out of names and values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.provenance.names import UNKNOWN, family_of, parse_name
from app.provenance.vocabulary import vocabulary

# text, harness, model, family
NAMED = [
    ("Claude Opus 4.6 (1M context)", None, "Claude Opus 4.6", "anthropic"),
    ("Claude Opus 4.8 (1M context) <noreply@anthropic.com>", None, "Claude Opus 4.8", "anthropic"),
    ("GPT-5.6 Sol via Codex", "Codex", "GPT-5.6 Sol", "openai"),
    ("GPT-5.6 Sol", None, "GPT-5.6 Sol", "openai"),
    ("cursor-agent/0.42 (model: claude-sonnet-4-5; mode: agent)", "Cursor", "claude-sonnet-4-5", "anthropic"),
    ("openai-codex:gpt-5.5 [read,bash]", "Codex", "gpt-5.5", "openai"),
    ("Claude:claude-opus-4-6 [coccinelle] [sparse]", "Claude Code", "claude-opus-4-6", "anthropic"),
    ("Codex:gpt-5-4", "Codex", "gpt-5-4", "openai"),
    ("unheard-of:deepseek-v3.2 coccinelle", None, "deepseek-v3.2", "deepseek"),
    ("Claude-Code:claude-opus-4-7 sparse", "Claude Code", "claude-opus-4-7", "anthropic"),
    ("opencode:anthropic/claude-sonnet-4", "OpenCode", "anthropic/claude-sonnet-4", "anthropic"),
    ("Cursor (claude-4.5-sonnet)", "Cursor", "claude-4.5-sonnet", "anthropic"),
    ("GitHub Copilot (Claude Sonnet 4.5)", "Copilot", "Claude Sonnet 4.5", "anthropic"),
    ("gemini-2.5-pro (Gemini CLI)", "Gemini CLI", "gemini-2.5-pro", "google"),
    ("aider (openrouter/deepseek/deepseek-chat)", "aider", "openrouter/deepseek/deepseek-chat", "deepseek"),
    ("anthropic/claude-opus-4-5", None, "anthropic/claude-opus-4-5", "anthropic"),
    ("moonshotai/thinking-9", None, "moonshotai/thinking-9", "moonshot"),
    ("Copilot:auto", "Copilot", None, UNKNOWN),
    ("Claude:opus coccinelle", "Claude Code", "opus", "anthropic"),
    ("Junie:house-model", "Junie", "house-model", UNKNOWN),
    ("Claude: Monet", None, None, UNKNOWN),
    ("Claude Code using GLM-4.6", "Claude Code", "GLM-4.6", "zhipu"),
    ("Claude Code", "Claude Code", None, "anthropic"),
    ("Claude Code v2.0.1", "Claude Code", None, "anthropic"),
    ("Claude (Anthropic)", "Claude Code", None, "anthropic"),
    ("[Claude Code](https://claude.com/claude-code)", "Claude Code", None, "anthropic"),
    ("GitHub Copilot", "Copilot", None, UNKNOWN),
    ("copilot-swe-agent[bot]", "Copilot", None, UNKNOWN),
    ("Cursor Agent", "Cursor", None, UNKNOWN),
    ("Devin [bash]", "Devin", None, UNKNOWN),
    ("Grok Code Fast 1", None, "Grok Code Fast 1", "xai"),
    ("Qwen3-Coder via Qwen Code", "Qwen Code", "Qwen3-Coder", "alibaba"),
    ("Jane Doe", None, None, UNKNOWN),
    ("Claude Monet", None, None, UNKNOWN),
    ("Jules Verne <jules@verne.example>", None, None, UNKNOWN),
    ("Gemma Jones", None, None, UNKNOWN),
    ("Codex Gigas", None, None, UNKNOWN),
    ("", None, None, UNKNOWN),
]


@pytest.mark.parametrize(("text", "harness", "model", "family"), NAMED, ids=[case[0] or "empty" for case in NAMED])
def test_parses(text: str, harness: str | None, model: str | None, family: str) -> None:
    named = parse_name(text)
    assert (named.harness, named.model, named.family) == (harness, model, family)
    assert named.is_tool == (harness is not None or model is not None)


@pytest.mark.parametrize(
    "text", ["Claude", "devin", "Jules", "Cody", "Kimi <kimi@example.org>", "Cody Max", "Devin Pro"]
)
def test_names_that_people_have_too_are_ambiguous(text: str) -> None:
    named = parse_name(text)
    assert named.ambiguous
    assert not named.is_tool


@pytest.mark.parametrize(
    "text",
    [
        *("none", "None.", "N/A", "no", "-", "false", "human", "nothing", "None used", "no AI was used"),
        *("none (no AI)", "None, all human", "n/a - by hand", "Not applicable: typo"),
    ],
)
def test_a_denial_is_none(text: str) -> None:
    assert parse_name(text).denied
    assert not parse_name(text).is_tool


@pytest.mark.parametrize("text", ["none (GPT-5)", "Nothing Else", "no-code", "None, except Codex for the tests"])
def test_what_only_starts_like_a_denial_is_none(text: str) -> None:
    assert not parse_name(text).denied


@pytest.mark.parametrize("text", ["LLM", "LLM [sparse] [smatch]", "LLM coccinelle sparse", "llm", "an AI"])
def test_generic(text: str) -> None:
    named = parse_name(text)
    assert named.generic
    assert named.is_tool
    assert named.harness is None


def test_the_address_is_kept_apart() -> None:
    assert parse_name("Claude Opus 4.8 < noreply@anthropic.com >").address == "noreply@anthropic.com"
    assert parse_name("Claude Opus 4.8").address is None


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("o3-mini", "openai"),
        ("foo3-mini", UNKNOWN),
        ("claude-sonnet-4-20250514", "anthropic"),
        ("Opus 4.5", "anthropic"),
        ("magnum opus", UNKNOWN),
        ("bedrock/us.anthropic.claude-opus-4", "anthropic"),
        ("openrouter/x-ai/secret-model", "xai"),
        ("github-copilot/whatever", UNKNOWN),
        ("composer-1", "cursor"),
        (None, UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_family(model: str | None, family: str) -> None:
    assert family_of(model) == family


def test_every_name_of_a_tool_leads_to_it() -> None:
    for name, tool in vocabulary().tools.items():
        assert parse_name(name).harness == tool.harness, name


@given(st.text())
def test_never_fails(text: str) -> None:
    named = parse_name(text)
    assert named.model is None or (named.model.strip() and len(named.model) <= 300)
    family_of(text)


PIECES = [
    "Claude",
    "Code",
    "gpt-5",
    "[",
    "]",
    "(",
    ")",
    ":",
    "/",
    " via ",
    "model:",
    "<",
    ">",
    "@",
    ";",
    " ",
    "none",
    "[x](",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_never_fails_on_broken_forms(pieces: list[str]) -> None:
    parse_name("".join(pieces))
