"""The dashboard's addresses, and the one door: without somebody who is signed in, no page is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Response, g, redirect, request
from werkzeug.exceptions import HTTPException

from app.dashboard import actions, assets
from app.dashboard.pages import render, url
from app.dashboard.services import Dashboard, Viewer
from app.dashboard.views import deliveries, lab, policies, queue, repositories, repository, review, simulate
from app.ledger.errors import LedgerError

SIGN_IN = "/signin"
# SQLite's and PostgreSQL's largest id: a larger number in an address names nothing.
_NUMBER = "<int(max=9223372036854775807):number>"
_REVIEW = "/r/<owner>/<name>/reviews/<int(max=9223372036854775807):review_id>"
View = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Page:
    """An address and what makes its answer: ``view(dashboard, viewer, **parts of the address)``."""

    rule: str
    endpoint: str
    view: View
    methods: tuple[str, ...] = ("GET",)


PAGES = (
    Page("/", "repositories", repositories.show),
    Page("/r/<owner>/<name>", "repository", repository.show),
    Page("/r/<owner>/<name>/simulate", "simulate", simulate.show),
    Page(f"/r/<owner>/<name>/{_NUMBER}", "pull", review.newest),
    Page(_REVIEW, "review", review.show),
    Page(f"{_REVIEW}.json", "review_json", review.document),
    Page("/queue", "queue", queue.show),
    Page("/queue/live", "queue_live", queue.live),
    Page("/policies", "policies", policies.every),
    Page("/policies/<policy_hash>", "policy", policies.show),
    Page("/deliveries", "deliveries", deliveries.show),
    Page("/deliveries/live", "deliveries_live", deliveries.live),
    Page("/lab", "lab", lab.show),
    Page(f"/r/<owner>/<name>/{_NUMBER}/provenance", "say_provenance", actions.say_provenance, ("POST",)),
    Page(f"/r/<owner>/<name>/{_NUMBER}/rerun", "rerun", actions.rerun, ("POST",)),
    Page("/simulate/run", "run_missing", actions.run_missing, ("POST",)),
)


def dashboard(services: Dashboard) -> Blueprint:
    """Return the pages as a blueprint, to be registered without a prefix."""
    made = Blueprint("dashboard", __name__)
    made.add_url_rule("/assets/<digest>/<name>", "asset", assets.serve)
    for page in PAGES:
        answer = partial(_answer, services, page.view)
        made.add_url_rule(page.rule, page.endpoint, answer, methods=page.methods)
    made.register_error_handler(HTTPException, _refused)
    made.register_error_handler(LedgerError, _away)
    return made


def _answer(services: Dashboard, view: View, **parts: object) -> Response:
    g.viewer = viewer = services.access.who()
    if viewer is not None:
        return view(services, viewer, **parts)
    if request.method in ("GET", "HEAD"):
        # Only our own path goes along, so that nobody is led elsewhere after signing in.
        return redirect(url(SIGN_IN, next=request.full_path.rstrip("?")), 303)  # type: ignore[return-value]
    return _sorry(403, "You are not signed in.", "Sign in, then try again.")


def _refused(error: HTTPException) -> Response:
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    title = {404: "There is nothing here.", 500: "Something went wrong here."}.get(error.code or 500, f"{error.name}.")
    return _sorry(error.code or 500, title, error.description or "")


def _away(error: LedgerError) -> Response:
    return _sorry(503, "The ledger does not answer.", str(error))


def _sorry(status: int, title: str, sentence: str) -> Response:
    viewer: Viewer | None = g.get("viewer")
    return render("sorry.html", viewer, status, title=title, sentence=sentence)
