"""``/lab``: every card that is there, with what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.dashboard import figures
from app.dashboard.pages import render
from app.dashboard.services import Dashboard, Viewer

if TYPE_CHECKING:
    from flask import Response


def show(dashboard: Dashboard, viewer: Viewer) -> Response:
    """Return the page: the cards by study, the best kept first."""
    shelf = dashboard.shelf()
    studies: dict[str, list[object]] = {}
    ranked = sorted(
        shelf.cards,
        key=lambda one: -(one.card.summary.retention.policy.estimate if one.card.summary.retention.policy else -1),
    )
    for one in ranked:
        studies.setdefault(one.card.study.name, []).append(one)
    exposure = shelf.exposure
    return render(
        "lab.html",
        viewer,
        studies=studies,
        problems=shelf.problems,
        exposure=figures.exposure(exposure, None) if exposure else None,
        measured=exposure,
    )
