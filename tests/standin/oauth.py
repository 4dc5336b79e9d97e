"""Signing in by an App: the page on which people agree to it, and the exchange of a code for a person's token.

No part of the REST API, and so not of its description; the source is GitHub Docs, "Generating a user access token for
a GitHub App". A browser has no session here: the page asks who is sitting in front of it. What GitHub lets pass and
whoever signs people in should not do (no state, no PKCE) is a complaint.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from tests.standin.wire import Answer, Request

if TYPE_CHECKING:
    from tests.standin.apps import App
    from tests.standin.world import World

AUTHORIZE, TOKEN = "/login/oauth/authorize", "/login/oauth/access_token"
# "Expires in 10 minutes" of a code, "28800 seconds" of a token, "6 months" of what renews it.
CODE_SECONDS, TOKEN_SECONDS, _RENEWAL_SECONDS = 600, 28_800, 15_897_600
_PAGE = """<!doctype html><html lang="en"><title>Authorize</title>
<link rel="icon" href="data:,"><h1>Authorize {app}</h1>
<form method="post" action="{action}"><label>You are <input name="login" value="{login}"></label>
<button name="agree" value="1">Authorize</button> <button name="agree" value="0">Cancel</button></form></html>"""


@dataclass(frozen=True)
class Grant:
    """A code that was given out: for whom, to whom, and what the exchange must show."""

    app: App
    login: str
    back: str
    challenge: str | None
    expires: float


def serves(path: str) -> bool:
    """Whether a path is one of these."""
    return path in (AUTHORIZE, TOKEN)


def answer(world: World, request: Request, complain: Callable[[str], None]) -> Answer:
    """Answer a browser, or an App that has a code."""
    if request.path == TOKEN:
        return _exchanged(world, request)
    return _page(world, request, complain)


def _page(world: World, request: Request, complain: Callable[[str], None]) -> Answer:
    asked = request.query
    app = next((it for it in world.apps.values() if it.client_id == asked.get("client_id")), None)
    if app is None:
        return Answer(404, b"Not Found", {"Content-Type": "text/html"})
    back = asked.get("redirect_uri", app.callbacks[0] if app.callbacks else "")
    if back not in app.callbacks:
        return _sent(app.callbacks[0], {"error": "redirect_uri_mismatch"}) if app.callbacks else Answer(404, b"")
    if len(asked.get("state", "")) < 16 or asked.get("code_challenge_method") != "S256":
        complain("A sign-in was begun without a state, or without PKCE.")
    said = dict(parse_qsl(request.body.decode()))
    if request.method != "POST":
        action = f"{AUTHORIZE}?{urlencode(dict(asked))}"
        page = _PAGE.format(app=escape(app.slug), action=escape(action), login=escape(asked.get("login", "")))
        return Answer(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
    state = {"state": asked["state"]} if "state" in asked else {}
    if said.get("agree") != "1":
        return _sent(back, {"error": "access_denied", **state})
    code = f"{world.next_id():020d}"
    expires = world.clock.now + CODE_SECONDS
    world.grants[code] = Grant(app, said["login"], back, asked.get("code_challenge"), expires)
    return _sent(back, {"code": code, **state})


def _sent(back: str, query: Mapping[str, str]) -> Answer:
    return Answer(302, b"", {"Location": f"{back}?{urlencode(query)}", "Content-Type": "text/html"})


def _exchanged(world: World, request: Request) -> Answer:
    said = _said(request)
    app = next((it for it in world.apps.values() if it.client_id == said.get("client_id")), None)
    if request.method != "POST":
        return Answer(404, {"error": "Not Found"})
    if app is None or not hmac.compare_digest(app.client_secret, said.get("client_secret", "")):
        return _told(request, {"error": "incorrect_client_credentials"})
    grant = world.grants.pop(said.get("code", ""), None)  # good once, whatever comes of it
    if grant is None or grant.app is not app or grant.expires < world.clock.now or not _proven(grant, said):
        return _told(request, {"error": "bad_verification_code", "error_description": "The code is incorrect."})
    if said.get("redirect_uri", grant.back) != grant.back:
        return _told(request, {"error": "redirect_uri_mismatch"})
    token = world.user_token(app, grant.login, TOKEN_SECONDS)
    given = {"access_token": token.value, "expires_in": TOKEN_SECONDS, "token_type": "bearer", "scope": ""}
    renewal = {"refresh_token": f"ghr_{world.next_id():072d}", "refresh_token_expires_in": _RENEWAL_SECONDS}
    return _told(request, {**given, **renewal})


def _proven(grant: Grant, said: Mapping[str, str]) -> bool:
    if grant.challenge is None:
        return True
    digest = sha256(said.get("code_verifier", "").encode()).digest()
    return hmac.compare_digest(urlsafe_b64encode(digest).decode().rstrip("="), grant.challenge)


def _said(request: Request) -> dict[str, str]:
    if "json" in request.headers.get("content-type", ""):
        found: Any = json.loads(request.body)
        return {str(name): str(value) for name, value in found.items()}
    return dict(parse_qsl(request.body.decode()))


def _told(request: Request, body: dict[str, Any]) -> Answer:
    """Return an answer, which has status 200 whatever it says; JSON is given to who asks for it."""
    if "json" in request.headers.get("accept", ""):
        return Answer(200, body)
    return Answer(200, urlencode(body).encode(), {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
