"""``/setup``: makes the App on GitHub with one click, by GitHub's manifest flow, and stores what it is.

Whoever could use this page could bind the installation to an App of theirs. So it is open only while nothing of the
App is known, and only for the browser that came by the link in the server's log.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from app.github.errors import GitHubError
from app.settings import Settings
from webhooks import setup_store
from webhooks.conversion import convert, is_code
from webhooks.manifest import CALLBACK, HOOK, PERMISSIONS, manifest
from webhooks.setup_store import StoreError

PAGE = "EXOGATE_APP_PAGE"
_COOKIE = "exogate_setup"
_ORGANIZATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})")
# No form-action: GitHub may lead from its form to an organisation's own login.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_LOG = logging.getLogger("exogate.setup")


class _NoError(Exception):
    """The request is answered with *status* and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def announcement(settings: Settings, port: int | None = None) -> str | None:
    """Open the set-up, and return what to write into the log at start; ``None`` where the App is set up.

    Once a server, before its processes are made: it ends the link of an earlier start.
    """
    if _known(settings):
        return None
    try:
        token = setup_store.new_token(settings.data_dir)
    except StoreError as error:
        return f"The App is not set up, and cannot be by a browser: {error}"
    base = settings.public_url or f"http://127.0.0.1:{port or settings.port}"
    return (
        f"The App is not set up. Open this link, which is good until it is: {base}/setup?{urlencode({'token': token})}"
    )


def pages(settings: Callable[[], Settings]) -> Blueprint:
    """Return the pages. *settings* are asked for at each request: the set-up completes them."""
    made = Blueprint("setup", __name__, template_folder=".")
    made.add_url_rule("/setup", "form", lambda: _answered(lambda: _form(settings())))
    made.add_url_rule(CALLBACK, "callback", lambda: _answered(lambda: _callback(settings())))
    made.add_url_rule("/setup/done", "done", lambda: _answered(lambda: _done(settings())))
    return made


def _answered(answer: Callable[[], Response]) -> Response:
    try:
        response = answer()
    except _NoError as no:
        # The token, the state and the code are in the address, which is not logged.
        _LOG.warning("%s: %d: %s", request.path, no.status, no)
        response = _page(no.status, sentence=str(no))
    response.headers.update(_HEADERS)
    return response


def _page(status: int, **values: object) -> Response:
    return make_response(render_template("setup.html", **values), status)


def _known(settings: Settings) -> list[str]:
    """Return the names of what is known of the App."""
    there = {
        "GITHUB_APP_ID": settings.app_id is not None,
        "GITHUB_APP_PRIVATE_KEY": bool(settings.private_key),
        "GITHUB_WEBHOOK_SECRET": bool(settings.webhook_secret),
    }
    return [name for name, known in there.items() if known]


def _visit(settings: Settings) -> tuple[str, str]:
    """Return the token and this browser's number. Raises ``_NoError``, also where nothing is left to set up."""
    known = _known(settings)
    if known and not settings.missing:
        raise _NoError(410, "The App is set up. To change it, see its settings on GitHub.")
    if known:
        # What GitHub would make now could not count beside what is set.
        raise _NoError(
            409, f"The App is set up in part: {', '.join(known)} is known. {' '.join(settings.missing)} Or unset all."
        )
    token = setup_store.token(settings.data_dir)
    number, _, said = request.cookies.get(_COOKIE, "").partition(".")
    if token is None or not setup_store.same(said, setup_store.mac(token, f"visit {number}")):
        raise _NoError(
            403,
            "Open the link that the server wrote into its log when it started last. It holds a token for this page.",
        )
    return token, number


def _form(settings: Settings) -> Response:
    given = request.args.get("token")
    token = setup_store.token(settings.data_dir)
    if given is not None and token is not None and not _known(settings) and setup_store.same(given, token):
        return _let_in(settings, token)
    token, number = _visit(settings)
    organization = request.args.get("organization", "").strip()
    if organization and not _ORGANIZATION.fullmatch(organization):
        raise _NoError(400, "This is no organisation's name. Take the one in its address on GitHub.")
    public = settings.public_url or _base(settings)
    where = f"/organizations/{organization}/settings/apps/new" if organization else "/settings/apps/new"
    return _page(
        200,
        action=f"{settings.server_url}{where}?{urlencode({'state': setup_store.mac(token, f'state {number}')})}",
        manifest=json.dumps(manifest(public, _base(settings))),
        organization=organization,
        hook=f"{public}{HOOK}",
        unreachable=_unreachable(public),
        permissions=PERMISSIONS,
    )


def _let_in(settings: Settings, token: str) -> Response:
    """Trade the token in the address for a cookie: the address stays in the browser's history."""
    response = make_response(redirect(url_for("setup.form"), 303))
    number = secrets.token_urlsafe(16)
    response.set_cookie(
        _COOKIE,
        f"{number}.{setup_store.mac(token, f'visit {number}')}",
        httponly=True,
        secure=_base(settings).startswith("https:"),
        samesite="Lax",  # GitHub sends the browser back by a link
        path=url_for("setup.form"),
    )
    return response


def _callback(settings: Settings) -> Response:
    token, number = _visit(settings)
    if not setup_store.same(request.args.get("state", ""), setup_store.mac(token, f"state {number}")):
        raise _NoError(403, "This answer does not belong to a form that this browser sent off. Open /setup again.")
    code = request.args.get("code", "")
    if not is_code(code):
        raise _NoError(400, "GitHub's code is missing or of another form. Open /setup again.")
    try:
        with setup_store.place(settings.data_dir) as write:
            app = convert(settings.api_url, code)
            write(
                {
                    "GITHUB_APP_ID": str(app.id),
                    "GITHUB_APP_PRIVATE_KEY": app.private_key.reveal(),
                    "GITHUB_WEBHOOK_SECRET": app.webhook_secret.reveal(),
                    "GITHUB_APP_CLIENT_ID": app.client_id,
                    "GITHUB_APP_CLIENT_SECRET": app.client_secret.reveal(),
                    PAGE: app.page,
                }
            )
    except GitHubError as error:
        raise _NoError(
            502, f"{error} Load this page again; if that does not help, delete the App on GitHub and open /setup again."
        ) from None
    except StoreError as error:
        raise _NoError(
            500, f"{error} If GitHub made an App just now, delete it there before you open /setup again."
        ) from None
    _LOG.info("the App %d is set up", app.id)
    response = make_response(redirect(url_for("setup.done"), 303))
    response.delete_cookie(_COOKIE, path=url_for("setup.form"))
    return response


def _done(settings: Settings) -> Response:
    if settings.missing:
        raise _NoError(404, "The App is not set up.")
    page = setup_store.stored(settings.data_dir, PAGE) or ""
    known = page.startswith(f"{settings.server_url}/")
    return _page(200, install=f"{page}/installations/new" if known else None, done=True)


def _base(settings: Settings) -> str:
    """Return the address by which this browser came, and comes back. Behind a proxy only the setting knows https."""
    public = settings.public_url
    if public and urlsplit(public).netloc == request.host:
        return public
    return request.url_root.rstrip("/")


def _unreachable(public: str) -> bool:
    """Whether GitHub cannot send anything there."""
    host = urlsplit(public).hostname or ""
    return host == "localhost" or host.startswith("127.") or host in ("::1", "0.0.0.0")  # noqa: S104  it is compared
