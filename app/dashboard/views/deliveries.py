"""``/deliveries``: what GitHub told, what became of it, and how the queue is."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, request

from app.dashboard.pages import render, url
from app.dashboard.queries import deliveries as queries
from app.dashboard.services import Dashboard, Viewer
from app.dashboard.views.common import number_asked

PATH = "/deliveries"
_HOURS = 24


def show(dashboard: Dashboard, viewer: Viewer) -> Response:
    """Return the page."""
    return _shown(dashboard, viewer, "deliveries.html")


def live(dashboard: Dashboard, viewer: Viewer) -> Response:
    """Return the numbers and the table alone, for the page to take in."""
    return _shown(dashboard, viewer, "_deliveries.html")


def _shown(dashboard: Dashboard, viewer: Viewer, template: str) -> Response:
    before, outcome = number_asked("before"), request.args.get("outcome", "")[:40] or None
    at = dashboard.ledger.now()
    with dashboard.ledger.reading() as session:
        listing = queries.deliveries(session, viewer.readable(), before, outcome)
        health = queries.health(session, viewer.readable(), at - timedelta(hours=_HOURS))
    return render(
        template,
        viewer,
        listing=listing,
        health=health,
        failed=dict(health.by_outcome).get(queries.FAILED, 0),
        hours=_HOURS,
        depth=dashboard.hands.depth(),
        workers=dashboard.hands.workers(),
        outcome=outcome,
        before=before,
        older=url(PATH, outcome=outcome, before=listing.older) if listing.older else None,
        newest=url(PATH, outcome=outcome),
        live=url(f"{PATH}/live", outcome=outcome) if before is None else None,
        at=at,
    )
