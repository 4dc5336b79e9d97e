"""``/queue``: the pull requests that await a look."""

from __future__ import annotations

from flask import Response, request

from app.dashboard.pages import render, url
from app.dashboard.queries import names
from app.dashboard.queries import queue as queries
from app.dashboard.services import Dashboard, Viewer
from app.dashboard.views.common import number_asked, one_of
from app.provenance.types import Status
from gates.decision import Decision

PATH = "/queue"
_STATUSES = [status.value for status in Status]
_DECISIONS = [decision.value for decision in Decision]


def show(dashboard: Dashboard, viewer: Viewer) -> Response:
    """Return the page."""
    return _shown(dashboard, viewer, "queue.html")


def live(dashboard: Dashboard, viewer: Viewer) -> Response:
    """Return the table alone, for the page to take in."""
    return _shown(dashboard, viewer, "_queue.html")


def _shown(dashboard: Dashboard, viewer: Viewer, template: str) -> Response:
    asked = {
        "repository": request.args.get("repository", "").strip()[:200],
        "provenance": one_of(request.args.get("provenance"), _STATUSES),
        "decision": one_of(request.args.get("decision"), _DECISIONS),
        "review": "needed" if request.args.get("review") == "needed" else None,
    }
    before = number_asked("before")
    with dashboard.ledger.reading() as session:
        known = names.find(session, viewer.readable(), asked["repository"]) if asked["repository"] else None
        filters = queries.Filters(
            # A repository that is not known, or not to be read, has no pull requests here.
            repository_ids=(known.ids if known else ()) if asked["repository"] else None,
            provenance=asked["provenance"],
            decision=asked["decision"],
            needs_review=asked["review"] is not None,
            before=before,
        )
        listing = queries.queue(session, viewer.readable(), filters)
        repositories = queries.repositories_in(session, viewer.readable()) if template == "queue.html" else []
    return render(
        template,
        viewer,
        listing=listing,
        asked=asked,
        narrowed=any(asked.values()),
        before=before,
        repositories=repositories,
        statuses=_STATUSES,
        decisions=_DECISIONS,
        older=url(PATH, **asked, before=listing.older) if listing.older else None,
        newest=url(PATH, **asked),
        live=url(f"{PATH}/live", **asked) if before is None else None,
        at=dashboard.ledger.now(),
    )
