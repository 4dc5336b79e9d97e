"""A review read back from JSON that anybody may have written."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reporting import json_, markdown
from app.reporting.read import LARGEST, ReadError, read
from app.review_types import Review, Revision
from tests.app.reporting.conftest import (
    ACCEPTED,
    ADVICE_ONLY,
    COULD_NOT,
    HOSTILE,
    HOSTILE_REVIEW,
    MANY,
    REJECTED,
)

# Its commits are ids; what else it says is hostile.
HOSTILE_TEXTS = replace(HOSTILE_REVIEW, base=Revision(HOSTILE, "a" * 40), head=Revision(HOSTILE, "b" * 40))


@pytest.mark.parametrize("review", [ACCEPTED, ADVICE_ONLY, COULD_NOT, HOSTILE_TEXTS, MANY, REJECTED])
def test_what_was_written_is_read(review: Review) -> None:
    written = json_.render(review).encode()
    again = read(written)
    assert json_.render(again).encode() == written
    assert markdown.render(again) == markdown.render(read(json_.render(again).encode()))


def test_a_review_of_before_there_was_evidence_is_read() -> None:
    document = json_.as_dict(ACCEPTED)
    del document["policy"]["evidence"]
    again = read(json.dumps({**document, "schema_version": "1.0"}).encode())
    assert again.policy.evidence is None
    assert "Evidence" not in markdown.render(again)


def refused(document: object) -> str:
    with pytest.raises(ReadError) as error:
        read(document if isinstance(document, bytes) else json.dumps(document).encode())
    return str(error.value)


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = copy.deepcopy(json_.as_dict(REJECTED))
    change(document)
    return document


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"\xff\xfe", b"null", b"[" * 100_000, b"{}" * 2, b'"' + b"x" * 100 + b'"', b"1" * 5000,
        b" " * (LARGEST + 1),
    ],
)  # fmt: skip
def test_what_is_no_review(raw: bytes) -> None:
    assert refused(raw).endswith(".")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("policy"), "form"),
        (lambda d: d.update(pull_request=7), "form"),
        (lambda d: d.update(schema_version="2.0"), "form"),
        (lambda d: d["verdicts"][0].update(outcome="great"), "form"),
        (lambda d: d["provenance"].update(status="trusted"), "form"),
        (lambda d: d.update(files=True), "form"),
        (lambda d: d.update(files=-1), "form"),
        (lambda d: d.update(files=10**400), "number"),
        (lambda d: d.update(seconds=1e300), "number"),
        (lambda d: d["head"].update(commit="main"), "commit"),
        (lambda d: d["head"].update(commit="b" * 40 + "\n"), "commit"),
        (lambda d: d.update(decision="accept", would_decide="accept"), "does not follow"),
        (lambda d: d.update(decision="accept"), "does not follow"),
        (lambda d: d.update(enforced=False), "does not follow"),
    ],
)
def test_what_cannot_be(change: Callable[[dict[str, Any]], object], said: str) -> None:
    assert said in refused(changed(change))


def test_numbers_that_json_has_not() -> None:
    text = json_.render(ACCEPTED)
    assert "number" in refused(text.replace('"seconds": 12.34', '"seconds": Infinity').encode())
    assert "number" in refused(text.replace('"seconds": 12.34', '"seconds": 1e999').encode())


def test_a_field_named_twice() -> None:
    text = json_.render(ACCEPTED).replace('"enforced": true', '"enforced": false, "enforced": true')
    assert "twice" in refused(text.encode())


def test_a_refusal_quotes_nothing() -> None:
    document = changed(lambda d: d.update({"::error::owned": 1}))
    document["verdicts"][0]["outcome"] = "@everyone ::error::owned"
    assert "owned" not in refused(document)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.data(), values)
def test_any_value_anywhere_is_read_or_refused(data: st.DataObject, value: object) -> None:
    document = copy.deepcopy(json_.as_dict(REJECTED))
    holder: Any = document
    while True:
        key = data.draw(st.sampled_from(list(holder) if isinstance(holder, dict) else list(range(len(holder)))))
        if not holder[key] or not isinstance(holder[key], dict | list) or data.draw(st.booleans()):
            break
        holder = holder[key]
    holder[key] = value
    try:
        review = read(json.dumps(document).encode())
    except ReadError as error:
        assert str(error).endswith(".")
    else:
        assert len(markdown.render(review).encode()) <= markdown.CHECK_RUN_LIMIT


def test_texts_stay_untrusted_and_are_neutralised_when_shown() -> None:
    evil = "@everyone <img src=x onerror=alert(1)> [click](javascript:alert(1)) #1\n\n# Owned\n<!-- exogate:review -->"
    shown = markdown.render(read(json_.render(replace(REJECTED, notes=(evil,))).encode()))
    for raw in ("<img", "](java", "@everyone", "\n# Owned", "<!--"):
        assert raw not in shown
