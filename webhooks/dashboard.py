"""The dashboard in the web process: an application of its own, beside the one that hears GitHub.

A delivery meets no session, no form's token and no page's header: which application answers is decided by the path,
before either is asked.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from flask import Flask, Response, redirect, request
from redis.exceptions import RedisError
from rq import Worker
from rq.job import JobStatus
from werkzeug.exceptions import HTTPException

from app.dashboard import signin
from app.dashboard.access import GitHubAccess, SessionAccess
from app.dashboard.blueprint import dashboard
from app.dashboard.csrf import protect
from app.dashboard.headers import add_headers
from app.dashboard.local import LocalDoor
from app.dashboard.origin import origin
from app.dashboard.pages import render, url
from app.dashboard.services import DASHBOARD, OPERATOR, SAYS, Dashboard, SignedOutError, UnavailableError
from app.dashboard.session import Sessions
from app.dashboard.session_vault import Vault
from app.ledger.ledger import Ledger
from app.settings import Settings
from app.simulate import Ran
from webhooks.deliveries import OWN, Delivery
from webhooks.jobs import Job, Judge, Override, ReviewHead
from webhooks.queue import JobQueue, Put
from webhooks.simulated import SimulatedVerdicts

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_BUSY = Response(
    "Too many pages are asked for at once. Load this one again.\n", 503, {"Retry-After": "2"}, mimetype="text/plain"
)
# A form of ours has some hundred bytes.
_LIMIT = 32 * 1024
_LOG = logging.getLogger("exogate.dashboard")


def application(
    settings: Callable[[], Settings], ledger: Ledger, queue: JobQueue, local: LocalDoor | None = None
) -> Flask:
    """Return the dashboard's WSGI application; *local* is the local operator's door, where it is open."""
    app = Flask("dashboard", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = _LIMIT
    vault = Vault(queue.redis)
    sessions = Sessions(vault, lambda request: origin(settings().public_url, request))
    app.session_interface = sessions
    access = SessionAccess(GitHubAccess(settings, vault), local)
    protect(app)
    add_headers(app)
    app.register_blueprint(dashboard(Dashboard(ledger, settings, QueueHands(queue), access)))
    app.register_blueprint(signin.pages(signin.Reception(settings, sessions, access, local)))
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(UnavailableError, _away)
    app.register_error_handler(SignedOutError, lambda error: _signed_out(sessions, error))
    return app


def beside(hearing: Flask, pages: Flask, most: int) -> None:
    """Let *pages* answer every path that *hearing* has no rule for, *most* of them at a time.

    A page may wait for GitHub or for the ledger. The other threads of a process are kept for deliveries, which have
    ten seconds.
    """
    heard = frozenset(rule.rule for rule in hearing.url_map.iter_rules())
    hears: WSGIApplication = hearing.wsgi_app
    free = BoundedSemaphore(most)

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in heard:
            return hears(environ, start)
        if not free.acquire(blocking=False):
            return _BUSY(environ, start)
        try:
            return pages.wsgi_app(environ, start)
        finally:
            free.release()

    hearing.wsgi_app = answer  # type: ignore[assignment, method-assign]


def _refused(error: HTTPException) -> Response:
    if isinstance(error.response, Response):
        return error.response
    status = error.code or 500
    sentence = error.description or "This is a defect; the server's log says where. Please report it."
    return render("sorry.html", None, status, title=f"{error.name}.", sentence=sentence)


def _away(error: UnavailableError) -> Response:
    _LOG.warning("%s: 503: %s", request.path, error)
    return render("sorry.html", None, 503, title="Not now.", sentence=str(error))


def _signed_out(sessions: Sessions, error: SignedOutError) -> Response:
    path = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    response = cast("Response", redirect(url("/signin", next=path), 303))
    sessions.end(request, response)
    return response


@dataclass(frozen=True)
class QueueHands:
    """Implements ``app.dashboard.services.Hands``: it puts jobs into the queue."""

    queue: JobQueue

    def rerun(
        self, *, repository_id: int, repository: str, number: int, head: str, installation: int, actor: str
    ) -> str:
        """Ask for a review of a head."""
        id_ = _new_id()
        job = ReviewHead(
            installation, repository_id, repository, number, head, None, f"{actor} asked for it", id_, again=True
        )
        return {
            Put.QUEUED: "The review is in the queue.",
            Put.STALE: "A newer head was asked for, so this one is not reviewed again.",
        }.get(self._take(job, "a review"), "It is in the queue already.")

    def say_provenance(
        self,
        *,
        repository_id: int,
        repository: str,
        number: int,
        head: str,
        installation: int,
        actor: str,
        value: str,
        reason: str,
    ) -> str:
        """Ask for a person's word to be written down. Return the id under which the record tells of it."""
        id_ = _new_id()
        word: dict[str, Any] = {"head": head, "actor": actor, "kind": "button", "value": value, "reason": reason}
        where = (installation, repository_id, repository, number, id_)
        self._take(Override(*where, **word, by_operator=actor == OPERATOR), f"{SAYS}{value}")
        return id_

    def judge(
        self,
        *,
        repository_id: int,
        repository: str,
        number: int,
        head: str,
        installation: int,
        actor: str,
        review_id: int,
        policy: str,
        gates: Sequence[str],
    ) -> str:
        """Ask for gates to be run for a simulation; a review and a policy have one such job at a time."""
        # Where others have a delivery's id: its characters, and no others.
        id_ = f"{OWN}{re.sub('[^A-Za-z0-9-]', '-', policy)[:20]}-{review_id}"
        with _sentences():
            if self.queue.status(id_) is JobStatus.FINISHED:  # and yet its verdicts do not do, as of older gates
                id_ = f"{id_}-{uuid4().hex[:8]}"
        job = Judge(installation, repository_id, repository, number, id_, head, review_id, policy, tuple(gates))
        return f"The change is to be judged by {policy}: {self._put(job, id_).value}."

    def judged(self, policy_hash: str, review_ids: Sequence[int]) -> Mapping[int, Ran]:
        """Return what gates said for simulations."""
        with _sentences():
            return SimulatedVerdicts(self.queue.redis).of(policy_hash, review_ids)

    def depth(self) -> Mapping[str, int]:
        """Return how many jobs there are in each state."""
        with _sentences():
            return self.queue.depth()

    def workers(self) -> int:
        """Return how many workers are there."""
        with _sentences():
            return int(Worker.count(connection=self.queue.redis, queue=self.queue.rq))

    def _take(self, job: ReviewHead | Override, what: str) -> Put:
        """Put a job into the queue, and what was asked for into the record of deliveries, as one that GitHub sent."""
        asked = Delivery(
            job.delivery, DASHBOARD, what, job.installation, job.repository_id, datetime.now(UTC), job.number
        )
        with _sentences():
            (put,) = self.queue.take(asked, [job]) or (Put.THERE,)
            return put

    def _put(self, job: Job, id_: str) -> Put:
        with _sentences():
            return self.queue.put(job, id_)


def _new_id() -> str:
    """Return the name under which what came from the dashboard stands where others have a delivery's id."""
    return f"{OWN}{uuid4()}"


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise UnavailableError(
            f"Redis does not answer ({type(error).__name__}), so nothing can be asked for. Try again in a minute."
        ) from None
