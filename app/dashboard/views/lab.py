"""``/lab``: every card that is there, with what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.dashboard import figures
from app.dashboard.pages import render
from app.dashboard.services import Dashboard, Viewer

if TYPE_CHECKING:
    from flask import Response

    from gates.evidence.shelf import Shelved


def show(dashboard: Dashboard, viewer: Viewer) -> Response:
    """Return the page: the cards by study, the best kept first, and those last that measure nothing."""
    shelf = dashboard.shelf()
    studies: dict[str, list[object]] = {}
    for one in sorted(shelf.cards, key=_rank):
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


def _rank(one: Shelved) -> tuple[bool, float]:
    summary = one.card.summary
    kept = summary.retention.policy
    return summary.verdict == "unmeasured", -kept.estimate if kept is not None else 1.0
