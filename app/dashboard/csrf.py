"""Forms of ours alone: whoever sends one has a token that only our pages hold, and a browser that says so."""

from __future__ import annotations

from flask import Flask, abort, request, session
from flask_wtf.csrf import generate_csrf, validate_csrf  # type: ignore[import-untyped]
from wtforms import ValidationError  # type: ignore[import-untyped]

from app.dashboard.session import CSRF, CSRF_KEY, LONGEST

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def protect(app: Flask) -> None:
    """Refuse what would change something and does not come from a page of ours; give pages ``csrf_token``."""
    app.before_request(_check)
    app.jinja_env.globals["csrf_token"] = csrf_token


def csrf_token() -> str:
    """Return the token for a form of this session; an empty one where nobody is signed in."""
    if CSRF not in session:
        return ""
    made: str = generate_csrf(secret_key=session[CSRF_KEY], token_key=CSRF)
    return made


def _check() -> None:
    if request.method in _SAFE:
        return
    # Browsers say it themselves, and no page can say it for them.
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        abort(403, "This form was sent from another site, so nothing was done.")
    if CSRF not in session:
        abort(403, "You are not signed in (any more), so nothing was done. Sign in, and try again.")
    try:
        validate_csrf(
            request.form.get("csrf_token", ""), secret_key=session[CSRF_KEY], token_key=CSRF, time_limit=LONGEST
        )
    except ValidationError:
        abort(403, "This form is too old or not ours, so nothing was done. Load its page again.")
