"""One name for every format; a reporter is imported when it is asked for."""

from __future__ import annotations

from app.review_types import Review

FORMATS = ("terminal", "json", "markdown", "sarif")


def render(review: Review, form: str, *, width: int = 100, colour: bool = False, dashboard: str | None = None) -> str:
    """Return the review in one of ``FORMATS``.

    *width* (columns) and *colour* matter to the terminal's only, *dashboard* (its address) to what people read.
    """
    if form == "json":
        from app.reporting import json_

        return json_.render(review)
    if form == "markdown":
        from app.reporting import markdown

        return markdown.render(review, dashboard=dashboard)
    if form == "sarif":
        from app.reporting import sarif

        return sarif.render(review)
    from app.reporting import terminal

    return terminal.render(review, width=width, colour=colour, dashboard=dashboard)
