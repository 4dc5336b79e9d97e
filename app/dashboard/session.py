"""Who is signed in: a number in a cookie that scripts cannot read, and what Redis keeps under it.

A session ends when its person signs out, two hours after the last request, and in any case with the token that GitHub
gave for it or after eight hours. Nobody who is not signed in has one.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Request, Response
from flask import session as current
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from app.dashboard.origin import is_loopback
from app.dashboard.services import UnavailableError
from app.dashboard.session_vault import Vault, is_number, new_number

# Seconds without a request, and in all.
IDLE, LONGEST = 2 * 3600, 8 * 3600
# What is kept under a number: who it is, and what GitHub said about their rights.
WHO, RIGHTS = "who", "rights"
# As flask_wtf finds them.
CSRF, CSRF_KEY = "csrf_token", "csrf_key"


class Session(CallbackDict[str, Any], SessionMixin):
    """What is known of who makes the request; empty where nobody is signed in. What is put into it is not kept.

    ``trouble`` is why it could not be read.
    """

    accessed = True
    modified = False

    def __init__(
        self, said: Mapping[str, Any] | None = None, number: str | None = None, trouble: UnavailableError | None = None
    ) -> None:
        super().__init__(said or {})
        self.number = number
        self.trouble = trouble


class Sessions(SessionInterface):
    """Flask's way to a session. *origin* is the address by which the browser of a request came."""

    def __init__(self, vault: Vault, origin: Callable[[Request], str], now: Callable[[], float] = time.time) -> None:
        self.vault = vault
        self._origin = origin
        self._now = now

    def open_session(self, app: Flask, request: Request) -> Session:
        """Return the session that the cookie names."""
        number = request.cookies.get(cookie_name(self._origin(request)), "")
        if not is_number(number):
            return Session()
        try:
            said = self.vault.read(number, WHO, keep=IDLE)
        except UnavailableError as error:
            # Flask asks for a session outside of what handles errors.
            return Session(trouble=error)
        return Session(said, number) if said is not None and said["ends"] > self._now() else Session()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Do nothing: a session is written when it begins."""

    def begin(self, request: Request, response: Response, said: Mapping[str, Any], seconds: float = LONGEST) -> None:
        """Begin a session under a new number, and end the one from before.

        Raises ``UnavailableError``.
        """
        self.end(request, response)
        number, lasts = new_number(), min(seconds, LONGEST)
        whole = {
            **said,
            "ends": self._now() + lasts,
            CSRF: secrets.token_hex(20),
            CSRF_KEY: secrets.token_hex(32),
        }
        self.vault.write(number, WHO, whole, int(min(IDLE, lasts)))
        self._set(request, response, number)

    def end(self, request: Request, response: Response) -> None:
        """End the session of a request. Raises ``UnavailableError``."""
        session = cast("Session", current)
        if session.number is not None:
            self.vault.forget(session.number, WHO, RIGHTS)
        self._set(request, response, None)

    def _set(self, request: Request, response: Response, number: str | None) -> None:
        where = self._origin(request)
        # One value a name: what was set before would be sent along.
        response.headers.remove("Set-Cookie")
        response.set_cookie(
            cookie_name(where),
            number or "",
            max_age=None if number else 0,
            httponly=True,
            secure=is_secure(where),
            samesite="Lax",
            path="/",
        )


def cookie_name(origin: str, name: str = "exogate") -> str:
    """Return the cookie's name. ``__Host-``: browsers take it only from this very host, and only by TLS.

    A browser sends a machine's own cookies to each of its ports, so there the port is part of the name.
    """
    if is_secure(origin):
        return f"__Host-{name}"
    return f"{name}-{urlsplit(origin).port or 80}"


def is_secure(origin: str) -> bool:
    """Whether cookies go by TLS alone: everywhere but on this machine itself."""
    parts = urlsplit(origin)
    return parts.scheme == "https" or not is_loopback(parts.netloc)
