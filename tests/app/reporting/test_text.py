from __future__ import annotations

import html
import json
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.reporting.text import clip, code, markdown, visible, well_formed

ANY = st.text(st.characters(exclude_categories=()), max_size=60)
NASTY = st.lists(
    st.sampled_from([*"`|<>&*_~[]()#@!$:\\-+=.\n \t'\"", "www.", "http://", "gh-1", "1. ", "a", "</details>", "&#64;"]),
    max_size=12,
).map("".join)
# Raw HTML off would hide an escape that is missing: the parser must be as permissive as GitHub's.
GFM = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable(["table", "strikethrough"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, naïve café 日本 🎉", "plain text, naïve café 日本 🎉"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("user\u202eexe.txt\u2066", r"user\u202eexe.txt\u2066"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\x9b2J", r"\x9b2J"),
        ("caf\udce9.py", r"caf\xe9.py"),
        ("\ud800", r"\ud800"),
        ("\U000e0041hidden tag", r"\U000e0041hidden tag"),
        ("\u3164filler\u2800", r"\u3164filler\u2800"),
        ("\u2028", r"\u2028"),
        ("\uffff", r"\uffff"),
        ("\udc80\udcff\udc7f", r"\x80\xff\udc7f"),
    ],
)
def test_visible_shows_what_acts_and_keeps_what_reads(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("code", [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180F, 0x2800, 0x3164, 0xFE00,
                                  0xFE0F, 0xFFA0, 0xE0100, 0xE01EF])  # fmt: skip
def test_blanks_that_unicode_calls_visible_are_shown(code: int) -> None:
    assert visible(chr(code)).startswith("\\")


@given(ANY)
@example("\x1b]8;;http://x\x07")
def test_visible_text_is_one_printable_line(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert len(shown.splitlines()) <= 1
    assert visible(shown) == shown


@given(ANY)
def test_well_formed_text_is_utf8_and_keeps_the_rest(text: str) -> None:
    written = well_formed(text)
    assert json.loads(json.dumps(written).encode()) == written
    assert written.encode("utf-8").decode() == written
    if not re.search(r"[\ud800-\udfff]", text):
        assert written == text


@given(ANY, st.integers(1, 50))
def test_clip_is_never_longer(text: str, most: int) -> None:
    assert len(clip(text, most)) <= most
    assert clip(text, len(text)) == text


def rendered_text(source: str) -> tuple[set[str], str]:
    """Return the kinds of tokens that a renderer sees in *source*, and the text that a reader sees."""
    tokens = GFM.parse(source)
    inline = [child for token in tokens for child in token.children or []]
    kinds = {t.type for t in tokens} | {t.type for t in inline}
    spans = {"<span>", "</span>"}  # the form that GitHub documents for a literal dollar sign
    assert {t.content for t in inline if t.type == "html_inline"} <= spans
    return kinds - {"html_inline"}, "".join(t.content for t in inline if t.type != "html_inline")


@given(ANY | NASTY)
@example("1. not a list")
@example("# not a heading")
@example("- not a list")
@example("    not code")
@example("```\nnot a fence")
@example("&lt; stays as written")
@example("$not$ maths")
@example("\\*")
def test_markdown_renders_as_the_text_itself(text: str) -> None:
    shown = visible(text).strip(" ")
    kinds, read = rendered_text(markdown(text))
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}
    assert read.replace("\u200b", "") == shown.strip()


@given(ANY | NASTY)
def test_markdown_stays_in_its_cell(text: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {markdown(text)} | {code(text, in_table=True)} |\n\nafter"
    tokens = GFM.parse(table)
    assert [t.type for t in tokens].count("td_open") == 2
    assert tokens[-2].content == "after"


@pytest.mark.parametrize(
    "text",
    ["@octocat", "@org/team", "#12", "a/b#12", "GH-12", "gh-7", "https://x.example", "www.x.example", ":tada:",
     "me@x.example", "mailto:me"],
)  # fmt: skip
def test_nothing_that_github_links_survives_in_the_rendered_text(text: str) -> None:
    links = re.compile(r"@\w|#\d|gh-\d|://|www\.|:\w+:|mailto:\w", re.IGNORECASE)
    assert links.search(text)
    assert not links.search(html.unescape(markdown(text)))


@given(ANY | NASTY)
@example("``")
@example("` `` ```")
@example("a|b")
@example("`a")
@example("a`")
@example(" a ")
def test_code_is_one_span_that_holds_the_text(text: str) -> None:
    tokens = GFM.parse("x " + code(text))
    children = tokens[1].children or []
    shown = visible(text)
    if shown.strip():
        assert [t.type for t in children] == ["text", "code_inline"]
        assert children[1].content == shown
    else:
        assert code(text) == "(empty)"
