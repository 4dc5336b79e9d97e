"""What somebody does in front of a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.place import Place


def sign_in(page: Page, place: Place, login: str, path: str = "/") -> None:
    """Go to a page of ours, by way of GitHub's."""
    page.goto(place.page(path))
    assert "/signin" in page.url
    page.click("#sign-in")
    assert page.url.startswith(f"{place.standin.url}/login/oauth/authorize?")
    page.fill("input[name=login]", login)
    page.click("button[value='1']")
    page.wait_for_url(re.compile(re.escape(place.url) + "/(?!signin)"))


def watched(page: Page) -> list[str]:
    """Return a list that fills with what a page should not do: dialogs, errors, and what its policy stopped."""
    seen: list[str] = []

    def dialog(it: object) -> None:
        seen.append(f"dialog: {it}")
        page.on("dialog", lambda d: d.dismiss())

    page.on("dialog", dialog)
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: (
            seen.append(f"{message.type}: {message.text}") if message.type in ("error", "warning") else None
        ),
    )
    return seen
