"""``/r/OWNER/NAME``: one repository at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from app.dashboard import figures
from app.dashboard.pages import render
from app.dashboard.queries import queue
from app.dashboard.queries import repository as queries
from app.dashboard.services import Dashboard, Viewer
from app.dashboard.views.common import repository_or_404
from app.exposure import ASSUMPTIONS, by_month, together
from gates.evidence.exposure import ASSUMPTIONS as LAB_ASSUMPTIONS
from gates.evidence.exposure import estimate

if TYPE_CHECKING:
    from flask import Response

MONTHS = 12
_LISTED = 5


def show(dashboard: Dashboard, viewer: Viewer, owner: str, name: str) -> Response:
    """Return the page."""
    at = dashboard.ledger.now()
    months = last_months(at, MONTHS)
    since = first_moment(months[0], at)
    with dashboard.ledger.reading() as session:
        repository = repository_or_404(session, viewer, owner, name)
        numbers = queries.standing(session, repository)
        provenance = queries.provenance(session, repository, since)
        gates = queries.gates(session, repository, since)
        merges = queries.ai_merges(session, repository, since)
        shares = by_month(queries.merged_lines(session, repository, since))
        waiting = queue.queue(session, None, queue.Filters(repository_ids=repository.ids), most=_LISTED)
    whole = together(shares)
    measured = dashboard.shelf().exposure
    return render(
        "repository.html",
        viewer,
        repository=repository,
        numbers=numbers,
        gates=gates,
        merges=merges,
        whole=whole,
        waiting=waiting,
        months=MONTHS,
        pulls=sum(row.pulls for row in provenance),
        from_ai=sum(row.pulls for row in provenance if row.status in queries.FROM_AI),
        provenance=figures.provenance(months, provenance) if provenance else None,
        shares=figures.shares(months, shares) if whole.lines else None,
        exposure=figures.exposure(measured, whole.declared) if measured else None,
        measured=measured,
        kept=estimate(measured, whole.declared) if measured and whole.declared is not None else None,
        assumptions=ASSUMPTIONS,
        lab_assumptions=LAB_ASSUMPTIONS,
        at=at,
    )


def last_months(at: datetime, number: int) -> Sequence[str]:
    """Return the last *number* months up to that of *at*, as ``2026-08``."""
    last = at.year * 12 + at.month - 1
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(last - number + 1, last + 1)]


def first_moment(month: str, at: datetime) -> datetime:
    """Return the moment at which a month begins."""
    year, number = map(int, month.split("-"))
    return at.replace(year=year, month=number, day=1, hour=0, minute=0, second=0, microsecond=0)
