"""How a page is made: Jinja with everything escaped, and every text from outside made visible."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, current_app, request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from app.dashboard.assets import assets
from app.dashboard.services import Viewer
from app.reporting.text import clip, visible
from app.reporting.words import counted

_LONGEST = 600
_STEPS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"))


def render(template: str, viewer: Viewer | None, status: int = 200, **values: Any) -> Response:
    """Return a page. *template* is a file's name below ``templates/dashboard``."""
    token = current_app.jinja_env.globals.get("csrf_token", lambda: "")
    text = (
        environment()
        .get_template(f"dashboard/{template}")
        .render(viewer=viewer, here=request.path, csrf_token=token, **values)
    )
    return Response(text, status, mimetype="text/html")


@cache
def environment() -> Environment:
    """Return the environment: a name that is not there is an error, and no text is put out as it came."""
    made = Environment(
        loader=PackageLoader("app.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_plain,
    )
    made.globals.update(asset=lambda name: assets()[name].path)
    made.filters.update(
        ago=ago,
        clipped=clipped,
        counted=counted,
        moment=moment,
        percent=percent,
        short=short,
        ticked=ticked,
        untabbed=untabbed,
        url=url,
    )
    return made


def _plain(value: Any) -> Any:
    r"""Return what is put out: controls and direction overrides of a text are shown as escapes (``\x1b``)."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def short(commit: str) -> str:
    """Return a commit's id, or a hash, as people quote it."""
    return commit.removeprefix("sha256:")[:10]


def clipped(text: str, most: int = _LONGEST) -> str:
    """Return a text that somebody may have made very long, cut."""
    return clip(text, most)


def url(path: str, **query: Any) -> str:
    """Return an address of ours, its path quoted, with those parts of the query that say something."""
    said = {key: value for key, value in query.items() if value not in (None, "")}
    return quote(path) + (f"?{urlencode(said)}" if said else "")


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share as people read it; a dash where there is none."""
    return "–" if share is None else f"{share * 100:.{digits}f} %"


def moment(when: datetime) -> str:
    """Return a moment to the minute, in UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def ticked(text: str) -> Markup:
    """Return a sentence whose names in backticks stand as code."""
    parts = [escape(visible(part)) for part in text.split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


def untabbed(line: str) -> str:
    """Return a line of code with its tabs as blanks, which a page keeps."""
    return line.expandtabs(4)


def ago(when: datetime, now: datetime) -> str:
    """Return how long ago a moment was, in the largest unit that fits."""
    seconds = (now - when).total_seconds()
    for step, unit in _STEPS:
        if seconds >= step:
            return f"{counted(int(seconds // step), unit)} ago"
    return "just now"
