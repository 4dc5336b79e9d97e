"""A maintainer's way through the dashboard, and those who try to go another's."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.app.dashboard.house import Stay, at_github
from tests.browser.place import until
from tests.browser.visits import sign_in, watched

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.place import Place

Opens = Callable[..., "Page"]


def test_a_maintainer_signs_in_reads_overrides_and_signs_out(place: Place, open_page: Opens) -> None:
    page = open_page()
    seen = watched(page)
    sign_in(page, place, "mira", "/r/octo/shop")
    assert page.url == place.page("/r/octo/shop")
    page.goto(place.page("/"))
    page.click("text=octo/shop")
    page.goto(place.page("/r/octo/shop/2"))
    assert re.search(r"/r/octo/shop/reviews/\d+$", page.url)
    assert "Claude" in page.inner_text("main")
    assert place.labels(2) == []
    page.check("#say-provenance input[value=human]")
    page.fill("#say-provenance [name=reason]", "I typed it; the trailer is my editor's.")
    page.click("#say-provenance button[type=submit]")
    assert "said=written" in page.url or page.is_visible(".said")
    until(lambda: place.labels(2), "the label on GitHub", place.process)
    assert any("human" in label for label in place.labels(2))
    page.goto(place.page("/r/octo/shop/2"))
    told = page.inner_text("main")
    assert "mira" in told and "I typed it; the trailer is my editor's." in told
    page.click("text=Sign out")
    assert page.url == place.page("/signin")
    page.go_back()
    page.goto(place.page("/r/octo/shop/2"))
    assert "/signin" in page.url
    assert seen == []


def test_a_word_that_the_worker_refuses_is_told_with_the_reason(place: Place, open_page: Opens) -> None:
    """The right to write was there when the page was made, and is gone when the worker asks GitHub."""
    page = open_page()
    sign_in(page, place, "mira", "/r/octo/shop/1")
    place.shop.roles["mira"] = "read"
    try:
        page.check("#say-provenance input[value=ai]")
        page.fill("#say-provenance [name=reason]", "too late")
        page.click("#say-provenance button[type=submit]")

        def told() -> bool:
            page.reload()
            return "It was not written down. mira may not write" in page.inner_text(".said")

        until(told, "the refusal", place.process)
    finally:
        place.shop.roles["mira"] = "write"
    page.goto(place.page("/r/octo/shop/1"))
    assert "not written" in page.inner_text("main")
    assert all(row.reason != "too late" for row in place.ledger.overrides(place.shop.id, 1))


def test_a_maintainer_has_a_head_reviewed_again(place: Place, open_page: Opens) -> None:
    page = open_page()
    sign_in(page, place, "mira", "/r/octo/shop/1")
    before = place.reviews(1)
    page.click("#rerun button[type=submit]")
    until(lambda: place.reviews(1) > before, "the review", place.process)
    page.goto(place.page("/r/octo/shop/1"))
    assert "base-tests" in page.inner_text("main")
    head = place.shop.commit("basket")
    runs = [run for run in place.shop.check_runs.values() if run.head_sha == head]
    assert runs and runs[-1].fields["status"] == "completed"


def test_a_maintainer_simulates_and_runs_what_is_missing(place: Place, open_page: Opens) -> None:
    page = open_page()
    sign_in(page, place, "mira", "/r/octo/shop/simulate?policy=tests")
    assert "not known" in page.inner_text("main")
    runs = len(place.shop.check_runs)
    page.click("#run-missing button[type=submit]")
    assert "said=judging" in page.url

    def known() -> bool:
        page.goto(place.page("/r/octo/shop/simulate?policy=tests"))
        return not page.query_selector("#run-missing")

    until(known, "the simulation", place.process)
    assert "What would have to run" not in page.inner_text("main")
    assert len(place.shop.check_runs) == runs, "a simulation showed something on GitHub"


class TestAnothersRepository:
    PAGES = ("/r/octo/shop", "/r/octo/shop/1", "/r/octo/shop/reviews/1", "/r/octo/shop/simulate")

    def test_is_not_seen(self, place: Place, open_page: Opens) -> None:
        page = open_page()
        sign_in(page, place, "eve")
        assert "eve/secret" in page.inner_text("main") and "octo" not in page.inner_text("body")
        for path in self.PAGES:
            answer = page.goto(place.page(path))
            assert answer is not None and answer.status == 404, path
            assert "octo" not in page.inner_text("main").lower(), path
        for path in ("/queue", "/queue?repository=octo/shop", "/deliveries", "/policies", "/queue/live"):
            page.goto(place.page(path))
            assert "octo/shop" not in page.inner_text("body"), path

    def test_is_not_changed(self, place: Place, open_page: Opens) -> None:
        page = open_page()
        sign_in(page, place, "eve")
        overrides = len(place.ledger.overrides(place.shop.id, 1))
        answers = page.evaluate(
            """async ([head]) => {
                const token = document.querySelector('input[name=csrf_token]').value;
                const post = (path, fields) => fetch(path, {method: 'POST',
                    body: new URLSearchParams({csrf_token: token, head, ...fields})}).then(r => r.status);
                return [await post('/r/octo/shop/1/provenance', {value: 'human', reason: 'mine'}),
                        await post('/r/octo/shop/1/rerun', {}),
                        await post('/simulate/run', {repository: 'octo/shop', policy: 'strict'})];
            }""",
            [place.shop.commit("basket")],
        )
        assert answers == [404, 404, 404]
        assert len(place.ledger.overrides(place.shop.id, 1)) == overrides

    def test_that_may_be_read_is_not_changed(self, place: Place, open_page: Opens) -> None:
        page = open_page()
        sign_in(page, place, "ravi", "/r/octo/shop/1")
        assert page.query_selector("#say-provenance") is None and page.query_selector("#rerun") is None
        answer = page.evaluate(
            """([head]) => fetch('/r/octo/shop/1/provenance', {method: 'POST', body: new URLSearchParams({
                csrf_token: document.querySelector('input[name=csrf_token]').value, head, value: 'ai', reason: 'x'})
            }).then(r => r.status)""",
            [place.shop.commit("basket")],
        )
        assert answer == 403


class TestAnotherSite:
    """mira is signed in, and opens a page that is not ours."""

    FORM = """<form id="f" action="{}" method="post"><input name="head" value="{}"><input name="value" value="human">
        <input name="reason" value="the attacker's"></form><script>document.getElementById('f').submit()</script>"""

    @pytest.mark.parametrize("site", ["http://evil.example/", "http://127.0.0.1:9/", "http://localhost:9/"])
    def test_sends_no_form(self, place: Place, open_page: Opens, site: str) -> None:
        page = open_page()
        sign_in(page, place, "mira")
        form = self.FORM.format(place.page("/r/octo/shop/1/provenance"), place.shop.commit("basket"))
        page.route(f"{site}**", lambda route: route.fulfill(body=form, content_type="text/html"))
        before = len(place.ledger.overrides(place.shop.id, 1))
        with page.expect_navigation(url=re.compile(re.escape(place.url))) as arrived:
            page.goto(site)
        assert arrived.value is not None and arrived.value.status == 403
        assert len(place.ledger.overrides(place.shop.id, 1)) == before

    def test_frames_nothing(self, place: Place, open_page: Opens) -> None:
        page = open_page()
        sign_in(page, place, "mira")
        frame = f'<iframe src="{place.page("/r/octo/shop/1")}"></iframe>'
        page.route("http://127.0.0.1:9/**", lambda route: route.fulfill(body=frame, content_type="text/html"))
        page.goto("http://127.0.0.1:9/")
        page.wait_for_timeout(500)
        assert all("Sign out" not in (inner.text_content("body") or "") for inner in page.frames[1:])

    def test_reads_nothing(self, place: Place, open_page: Opens) -> None:
        page = open_page()
        sign_in(page, place, "mira")
        page.route("http://127.0.0.1:9/**", lambda route: route.fulfill(body="<p>", content_type="text/html"))
        page.goto("http://127.0.0.1:9/")
        said = page.evaluate(
            "url => fetch(url, {credentials: 'include'}).then(r => r.text(), e => 'refused')", place.page("/")
        )
        assert said == "refused"

    def test_signs_nobody_in_by_a_link(self, place: Place, open_page: Opens) -> None:
        """A link with an attacker's code and state."""
        opener = urllib.request.build_opener(Stay)
        with pytest.raises(urllib.error.HTTPError) as left:
            opener.open(place.page("/signin/github"), timeout=30)
        link = at_github(str(left.value.headers["Location"]), "eve")
        victim = open_page()
        answer = victim.goto(link)
        assert answer is not None and answer.status == 403
        victim.goto(place.page("/"))
        assert "/signin" in victim.url


def test_without_scripts_everything_works(place: Place, open_page: Opens) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, place, "mira", "/queue")
    page.goto(place.page("/r/octo/shop/3"))
    page.check("#say-provenance input[value=ai]")
    page.fill("#say-provenance [name=reason]", "it says so itself")
    page.click("#say-provenance button[type=submit]")
    until(
        lambda: any(row.reason == "it says so itself" for row in place.ledger.overrides(place.shop.id, 3)),
        "the word in the ledger",
        place.process,
    )
    page.click("text=Sign out")
    assert page.url == place.page("/signin")
