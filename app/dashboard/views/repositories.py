"""``/``: every repository that may be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.dashboard.pages import render
from app.dashboard.queries.repositories import repositories
from app.dashboard.services import Dashboard, Viewer
from app.dashboard.views.common import page_number

if TYPE_CHECKING:
    from flask import Response


def show(dashboard: Dashboard, viewer: Viewer) -> Response:
    """Return the page."""
    page = page_number()
    with dashboard.ledger.reading() as session:
        listing = repositories(session, viewer.readable(), page)
    return render("repositories.html", viewer, listing=listing, page=page, at=dashboard.ledger.now())
