"""Signing in with GitHub (the App's user authorization, OAuth with PKCE), as the local operator, and signing out.

Between the way to GitHub and back nothing is kept here: the state and the proof of PKCE are made from a number in a
cookie, so only the browser that left can come back. GitHub's refresh token is thrown away; a session ends with the
token that it began with.
"""

from __future__ import annotations

import hmac
import logging
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from flask import Blueprint, Request, Response, abort, redirect, request
from flask import session as current

from app.dashboard import rights
from app.dashboard.local import LocalDoor
from app.dashboard.origin import is_private, origin, own_path
from app.dashboard.pages import render, url
from app.dashboard.services import OPERATOR, Access
from app.dashboard.session import LONGEST, Sessions, cookie_name, is_secure
from app.dashboard.session_vault import is_number, new_number
from app.github.api import Api
from app.github.errors import GitHubError
from app.settings import Settings

BACK = "/signin/callback"
_TRY = "exogate-signin"
# GitHub's codes are good for ten minutes.
_TRY_SECONDS = 600
_TIMEOUT = 10
_CODE = re.compile(r"[A-Za-z0-9_-]{1,255}")
_LOG = logging.getLogger("exogate.dashboard")


@dataclass(frozen=True)
class Reception:
    """What signing in needs. *local* is the local operator's door, where it is open."""

    settings: Callable[[], Settings]
    sessions: Sessions
    access: Access
    local: LocalDoor | None = None


def pages(reception: Reception) -> Blueprint:
    """Return the pages, to be registered without a prefix."""
    made = Blueprint("signin", __name__)
    made.add_url_rule("/signin", "form", lambda: _form(reception))
    made.add_url_rule("/signin/github", "github", lambda: _leave(reception))
    made.add_url_rule(BACK, "back", lambda: _back(reception))
    made.add_url_rule("/signin/local", "local", lambda: _local(reception))
    made.add_url_rule("/signout", "out", lambda: _out(reception), methods=["POST"])
    return made


def _form(reception: Reception) -> Response:
    path = own_path(request.args.get("next"))
    if reception.access.who() is not None:
        return _to(path)
    settings = reception.settings()
    missing = [] if reception.local else [*settings.missing, *settings.missing_for_sign_in]
    return render(
        "signin.html",
        None,
        github=None if settings.missing_for_sign_in else url("/signin/github", next=path),
        server=settings.server_url,
        missing=missing,
        is_local=reception.local is not None,
        is_private=is_private(_origin(settings, request)),
    )


def _leave(reception: Reception) -> Response:
    settings, where = reception.settings(), _origin(reception.settings(), request)
    if settings.missing_for_sign_in:
        abort(503, " ".join(settings.missing_for_sign_in))
    if not is_private(where):
        abort(
            403,
            "This address is not encrypted, so nobody can sign in by it. Put a proxy with TLS before the server, and"
            " say its address in EXOGATE_PUBLIC_URL.",
        )
    number, path = new_number(), own_path(request.args.get("next"))
    with _oauth(settings, where) as client:
        address, _ = client.create_authorization_url(
            f"{settings.server_url}/login/oauth/authorize",
            state=_state(number, path),
            code_verifier=_proof(number),
        )
    response = _to(address)
    response.set_cookie(
        cookie_name(where, _TRY),
        f"{number}{path}",
        max_age=_TRY_SECONDS,
        httponly=True,
        secure=is_secure(where),
        samesite="Lax",  # GitHub sends the browser back by a link
        path="/",
    )
    return response


def _back(reception: Reception) -> Response:
    settings, where = reception.settings(), _origin(reception.settings(), request)
    number, path = _left(request, where)
    if not _same(request.args.get("state", ""), _state(number, path)):
        abort(403, "This answer of GitHub's does not belong to a sign-in that this browser began. Sign in again.")
    if request.args.get("error"):
        abort(403, "GitHub did not sign you in: you declined, or the App's settings there do not fit. Sign in again.")
    code = request.args.get("code", "")
    if not _CODE.fullmatch(code):
        abort(400, "GitHub's code is missing or of another form. Sign in again.")
    token, seconds = _token(settings, where, code, number)
    try:
        id_, login = rights.account(Api(settings.api_url, token, rights.PATIENCE))
    except GitHubError as error:
        abort(502, f"GitHub did not say who you are. {error} Sign in again.")
    response = _to(path)
    reception.sessions.begin(request, response, {"kind": "github", "id": id_, "login": login, "token": token}, seconds)
    _forget_try(response, where)
    _LOG.info("%s signed in", login)
    return response


def _token(settings: Settings, where: str, code: str, number: str) -> tuple[str, float]:
    """Trade GitHub's code for the person's token, and for how many seconds it is good."""
    try:
        with _oauth(settings, where) as client:
            given = client.fetch_token(
                f"{settings.server_url}/login/oauth/access_token",
                grant_type="authorization_code",
                code=code,
                code_verifier=_proof(number),
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        token, seconds = given["access_token"], given.get("expires_in") or LONGEST
        if isinstance(token, str) and token and isinstance(seconds, int):
            return token, float(seconds)
    except OAuthError as error:
        _LOG.warning("GitHub refused a sign-in: %s", _word(error.error))
        abort(403, f"GitHub did not sign you in ({_word(error.error)}). Sign in again.")
    except (OSError, ValueError, KeyError, TypeError) as error:
        # Its text may quote what was sent.
        _LOG.warning("a sign-in failed: GitHub gave no answer that can be read (%s)", type(error).__name__)
    return abort(502, "GitHub gave no answer that can be read, so nobody was signed in. Sign in again.")


def _local(reception: Reception) -> Response:
    door = reception.local
    if door is None:
        abort(404)
    if why := door.refuses(request):
        abort(403, why)
    if not door.fits(request.args.get("token", "")):
        abort(403, "Open the link that `exogate up --local` wrote to its terminal when it started last.")
    response = _to("/")
    reception.sessions.begin(request, response, {"kind": "local", "door": door.mark})
    _LOG.info("%s signed in", OPERATOR)
    return response


def _out(reception: Reception) -> Response:
    settings, token = reception.settings(), current.get("token")
    response = _to("/signin")
    reception.sessions.end(request, response)
    if isinstance(token, str):
        _revoke(settings, token)
    return response


def _revoke(settings: Settings, token: str) -> None:
    """Let GitHub end the token, which nobody here has any more. It would end by itself, hours later."""
    path = f"{settings.api_url}/applications/{settings.client_id}/token"
    try:
        with OAuth2Session() as plain:
            secret = (settings.client_id or "", settings.client_secret.reveal())
            answer = plain.request(
                "DELETE", path, withhold_token=True, auth=secret, json={"access_token": token}, timeout=_TIMEOUT,
                allow_redirects=False,
            )  # fmt: skip
        if answer.status_code not in (204, 404, 422):  # the last two: GitHub does not know it any more
            _LOG.warning("a token could not be ended at sign-out: GitHub: %d", answer.status_code)
    except OSError as error:
        _LOG.warning("a token could not be ended at sign-out (%s)", type(error).__name__)


def _oauth(settings: Settings, where: str) -> OAuth2Session:
    return OAuth2Session(
        settings.client_id,
        settings.client_secret.reveal(),
        redirect_uri=f"{where}{BACK}",
        token_endpoint_auth_method="client_secret_post",  # noqa: S106  how it is sent, as GitHub asks for it
        code_challenge_method="S256",
    )


def _left(request: Request, where: str) -> tuple[str, str]:
    """Return the number of the sign-in that this browser began, and where it wants to go afterwards."""
    kept = request.cookies.get(cookie_name(where, _TRY), "")
    number, path = kept[:43], own_path(kept[43:])
    if not is_number(number):
        abort(403, "This browser did not begin to sign in, or too long ago. Sign in again.")
    return number, path


def _forget_try(response: Response, where: str) -> None:
    response.delete_cookie(cookie_name(where, _TRY), path="/", secure=is_secure(where), httponly=True, samesite="Lax")


def _state(number: str, path: str) -> str:
    return _made(number, f"state {path}")


def _proof(number: str) -> str:
    """Return what PKCE calls the code verifier."""
    return _made(number, "proof")


def _made(number: str, what: str) -> str:
    return urlsafe_b64encode(hmac.digest(number.encode(), what.encode(), "sha256")).decode().rstrip("=")


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), ours.encode())


def _to(address: str) -> Response:
    return cast("Response", redirect(address, 303))


def _word(text: object) -> str:
    """Return GitHub's word for an error, which may be anything."""
    return re.sub(r"[^a-z_]", "", str(text))[:60] or "no reason"


def _origin(settings: Settings, request: Request) -> str:
    return origin(settings.public_url, request)
