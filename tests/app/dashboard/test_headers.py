"""What every answer tells the browser, and what the paths that are not pages do not."""

from __future__ import annotations

import re

import pytest

from app.dashboard.headers import POLICY
from tests.app.dashboard.house import House
from tests.app.dashboard.test_access import review_of

PAGES = ("/", "/queue", "/r/octo/shop", "/policies", "/deliveries", "/lab", "/signin", "/nowhere", "/r/octo/nowhere")


def directives(text: str) -> dict[str, list[str]]:
    return {part.split()[0]: part.split()[1:] for part in text.split(";")}


def test_nothing_but_ours_runs_or_loads() -> None:
    said = directives(POLICY)
    assert said["default-src"] == ["'none'"]
    assert all(value in (["'self'"], ["'none'"]) for value in said.values())
    assert said["frame-ancestors"] == said["base-uri"] == ["'none'"]
    assert "unsafe" not in POLICY


@pytest.mark.parametrize("login", [None, "mira"])
def test_every_answer_says_so(house: House, login: str | None) -> None:
    review = review_of(house)
    person = house.person(login)
    answers = [person.get(path) for path in (*PAGES, review, "/signin/callback", "/signin/local")]
    answers.append(person.post("/r/octo/shop/1/rerun"))
    for answer in answers:
        where = answer.request.path
        assert answer.headers["Content-Security-Policy"] == POLICY, where
        assert answer.headers["X-Content-Type-Options"] == "nosniff", where
        assert answer.headers["Referrer-Policy"] == "same-origin", where
        assert answer.headers["X-Frame-Options"] == "DENY", where
        assert answer.headers["Cache-Control"] == "no-store", where
        assert "Cookie" in answer.headers["Vary"], where


def test_only_a_file_with_its_hash_is_kept(house: House) -> None:
    person = house.person()
    (path,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', person.get("/signin").text)
    answer = person.get(path)
    assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "Set-Cookie" not in answer.headers


def test_no_page_has_what_the_policy_would_stop(house: House) -> None:
    """An inline script, style or handler would be dead, or the policy would have to allow it."""
    person = house.person("mira")
    for path in (*PAGES, review_of(house)):
        page = person.get(path).text
        assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", page), path
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//(?!127\.0\.0\.1)', page), path
