"""Whatever a change, a person or GitHub's data holds, a page shows it and does nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.dashboard.pages import ticked
from app.dashboard.pages import url as address
from app.ledger.ledger import Ledger
from app.ledger.seen import PullIs, Seen
from app.provenance.types import Ignored
from app.reporting import json_
from app.review_types import PolicyUsed, Revision
from gates.verdict import Finding, Severity, Verdict
from tests.app.dashboard.site import Reader, site
from tests.app.dashboard.test_pages import read
from tests.app.ledger.build import HEAD, REPOSITORY, add_merge
from tests.app.ledger.conftest import clock, ledger
from tests.app.reporting.conftest import CLAUDE, DECLARED, HOSTILE, blocks, review

__all__ = ["clock", "ledger"]

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</title></textarea></style><svg onload=alert(1)>",
    "{{7*7}}{% for x in () %}${7*7}<%= 7*7 %>",
    "javascript:alert(1)//",
    "a\u202egnp.exe\u2066 \x1b[2J\x00\ud800 \u200b",
    HOSTILE,
    "&lt;b&gt; &amp; &#60;i&#62;",
    "x" * 20_000,
)
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff]")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"


def hostile(ledger: Ledger, text: str) -> int:
    """Write *text* wherever somebody else's text goes."""
    finding = Finding(text, 3, text, text, Severity.ERROR, 4)
    told = review(
        blocks(Verdict.reject(text, text, findings=(finding, replace(finding, path=None, line=None)))),
        provenance=replace(
            DECLARED,
            signals=(replace(CLAUDE, id=text, harness=text, model=text, field=text, evidence=text, commit=text),),
            ignored=(Ignored(text, text, text, text, text),),
            harnesses=(text,),
            models=(text,),
        ),
        base=Revision(text, "a" * 40),
        head=Revision(text, HEAD),
        policy=PolicyUsed(text, "ab" * 32, text),
        notes=(text,),
        review_needed=text,
    )
    ledger.delivery(text[:50] or "1", text, text, 1, REPOSITORY)
    ledger.delivery_done(text[:50] or "1", text, text)
    given: dict[str, Any] = {"repository_id": REPOSITORY, "repository": "octo/shop", "number": 1, "delivery": text[:50]}
    seen = Seen(PullIs.OPEN, ledger.now(), text, text, text, text)
    review_id = ledger.review(json_.as_dict(told), **given, seen=seen)
    ledger.seen(REPOSITORY, "octo/shop", 1, replace(seen, title=f"{text[:200]} {text[:50]}"))
    for kind in ("labeled", text):
        ledger.override(repository_id=REPOSITORY, number=1, head=HEAD, actor=text, kind=kind, value=text, reason=text)
    ledger.review(json_.as_dict(told), **{**given, "number": 2})
    add_merge(ledger, number=2)
    return review_id


@pytest.mark.parametrize("text", PAYLOADS, ids=range(len(PAYLOADS)))
def test_texts_of_others_are_shown_and_do_nothing(ledger: Ledger, text: str) -> None:
    review_id = hostile(ledger, text)
    browser = site(ledger, Reader(login=text))
    paths = [
        "/", "/queue", "/queue/live", "/deliveries", "/deliveries/live", "/policies", f"/policies/{'ab' * 32}",
        "/r/octo/shop", "/r/octo/shop/simulate", f"/r/octo/shop/reviews/{review_id}",
        f"/r/octo/shop/reviews/{review_id + 1}",
    ]  # fmt: skip
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert len(answer.data) < 200_000, path
        read(answer.text)
        assert not _HIDDEN.search(answer.text), path
        assert "<img" not in answer.text
        assert "alert(1)</script" not in answer.text
    if text.isprintable() and len(text) < 100:
        assert text in read(browser.get(f"/r/octo/shop/reviews/{review_id}").text).text


@pytest.mark.parametrize("text", [t for t in PAYLOADS if "\ud800" not in t and "\udcff" not in t and len(t) < 5000])
def test_what_stands_in_an_address_is_shown_and_does_nothing(ledger: Ledger, text: str) -> None:
    browser = site(ledger)
    for name in ("repository", "provenance", "decision", "review", "before", "page", "outcome", "said", "policy"):
        for path in ("/", "/queue", "/deliveries"):
            answer = browser.get(path, query_string={name: text})
            assert answer.status_code == 200, (path, name)
            read(answer.text)
    for path in ("/r/{}/x", "/r/x/{}", "/policies/{}"):
        answer = browser.get(address(path.format(text.replace("/", "")[:500])))
        assert answer.status_code == 404
        assert "<script>" not in answer.text
        read(answer.text)


@pytest.mark.parametrize(
    "number", ["0", "-1", "9223372036854775807", "9223372036854775808", "99999999999999999999", "²", "1e3"]
)
def test_numbers_that_no_row_has_narrow_nothing_or_all(ledger: Ledger, number: str) -> None:
    browser = site(ledger)
    for path in ("/", "/queue", "/deliveries"):
        assert browser.get(path, query_string={"before": number, "page": number}).status_code == 200


def test_names_in_backticks_stand_as_code_and_nothing_else_does() -> None:
    assert ticked("policy `a<b>`: 9 < 10 `x") == "policy <code>a&lt;b&gt;</code>: 9 &lt; 10 <code>x</code>"
    assert ticked("") == ""
