from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from markdown_it import MarkdownIt

from app.reporting import markdown
from app.reporting.words import SHOWN_PER_GATE
from app.review_types import Review
from tests.app.reporting.conftest import ACCEPTED

GFM = MarkdownIt("gfm-like", {"html": True, "linkify": False})
ENTITY = re.compile(r"&(?!#\d+;)")


@pytest.mark.parametrize("limit", [400, 1_500, 4_000, markdown.CHECK_RUN_LIMIT])
def test_no_limit_is_passed_and_nothing_is_cut_inside(any_review: Review, limit: int) -> None:
    text = markdown.render(any_review, limit=limit)
    assert len(text.encode()) <= limit
    assert text.count("<details>") == text.count("</details>")
    assert not ENTITY.search(re.sub(r"(`+).*?\1", "", text))


def test_hostile_text_makes_no_markup(samples: SimpleNamespace) -> None:
    tokens = GFM.parse(markdown.render(samples.HOSTILE_REVIEW))
    inline = [child for token in tokens for child in token.children or []]
    assert not {t.type for t in inline} & {"link_open", "image", "html_inline", "em_open", "softbreak", "hardbreak"}
    tags = {tag for t in tokens if t.type == "html_block" for tag in re.findall(r"</?\w+", t.content)}
    assert tags == {"<details", "</details", "<summary", "</summary", "<b", "</b"}
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h2", "h3", "h3"]
    assert [t.type for t in tokens].count("td_open") == 5


def test_it_reads_in_the_order_of_what_matters(samples: SimpleNamespace) -> None:
    text = markdown.render(samples.REJECTED)
    marks = ["Rejected by tampering", "**Origin** declared: AI", "### Next", "| ❌\u00a0reject | `tampering`",
             "| ✅\u00a0accept | `compile`", "`deleted-test`", "`unused-import`", "### Notes"]  # fmt: skip
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "- `tests/test_cart.py`, line 12: **error** The test" in text
    assert "| ❌\u00a0reject | `tampering` | blocks |" in text
    assert "| ❌\u00a0reject | `lint` | advises |" in text


def test_many_findings_are_cut_and_counted(samples: SimpleNamespace) -> None:
    text = markdown.render(samples.MANY)
    assert text.count("Message ") == SHOWN_PER_GATE
    assert "- 5,390 more findings; see the JSON report" in text
    short = markdown.render(samples.MANY, limit=1_000)
    shown = short.count("Message ")
    assert 0 < shown < SHOWN_PER_GATE
    assert f"- {5400 - shown:,} more findings; see the JSON report" in short


def test_what_does_not_fit_at_all_is_counted(samples: SimpleNamespace) -> None:
    text = markdown.render(samples.REJECTED, limit=500)
    assert text.startswith("## ❌ Rejected by tampering\n")
    assert re.search(r"\n\d more parts? of this report did not fit; see the JSON report\n$", text)


def test_what_was_measured_for_the_policy_is_shown_once() -> None:
    shown = markdown.render(ACCEPTED)
    assert "- **Evidence** 90 % of skill kept after 5 rounds" in shown
    assert shown.count("skill kept") == 1
