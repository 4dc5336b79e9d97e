"""The web process: a delivery is verified, put into the queue and the outbox, and answered. Nothing else is done.

Deliveries are answered before Flask begins: most of them ask for nothing, and it would take longer than all else.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from app.settings import Settings
from webhooks import metrics
from webhooks.deliveries import Deliveries, RecordError, is_id
from webhooks.events import KNOWN
from webhooks.intake import AwayError, Intake, Taken
from webhooks.payloads import PayloadError
from webhooks.queue import JobQueue
from webhooks.signature import HEADER, is_signed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/webhooks/github"
# GitHub: "Payloads are capped at 25 MB" (Webhook events and payloads).
LIMIT = 25 * 1024 * 1024
_EVENT = re.compile(r"[a-z0-9_]{1,64}")
_ANSWERS = {Taken.QUEUED: 202, Taken.DUPLICATE: 200, Taken.SUPERSEDED: 200, Taken.NOTHING: 204, Taken.UNKNOWN: 204}

_SIGNATURE = f"HTTP_{HEADER.upper().replace('-', '_')}"
_LOG = logging.getLogger("exogate.webhooks")


@dataclass(frozen=True)
class Hearing:
    """What the web process needs. ``settings`` are asked for at each delivery: the set-up page may complete them."""

    settings: Callable[[], Settings]
    deliveries: Deliveries
    queue: JobQueue


@dataclass(frozen=True)
class _Answer:
    status: int
    said: str


def create_app(hearing: Hearing) -> Flask:
    """Return the WSGI application."""
    app = Flask("webhooks", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LIMIT
    # So that Flask knows the path, and refuses other methods.
    app.add_url_rule(PATH, "delivery", methods=["POST"])
    app.add_url_rule("/healthz", "health", lambda: Response("ok\n", mimetype="text/plain"))
    app.add_url_rule("/readyz", "ready", lambda: _ready(hearing))
    app.add_url_rule("/metrics", "metrics", lambda: _metrics(hearing))
    app.register_error_handler(HTTPException, _refused)
    pages = app.wsgi_app

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == PATH and environ["REQUEST_METHOD"] == "POST":
            return _delivery(hearing, environ, start)
        return pages(environ, start)

    app.wsgi_app = answer  # type: ignore[assignment, method-assign]
    return app


def _refused(error: HTTPException) -> tuple[Response, int]:
    return jsonify(said=error.description), error.code or 500


def _delivery(hearing: Hearing, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    begun = time.perf_counter()
    event, id_ = environ.get("HTTP_X_GITHUB_EVENT", ""), environ.get("HTTP_X_GITHUB_DELIVERY", "")
    try:
        answer = _answer(hearing, environ, event, id_)
    except RequestEntityTooLarge:
        answer = _Answer(413, f"A delivery has at most {LIMIT:,} bytes.")
    except HTTPException as error:  # the body did not come whole
        answer = _Answer(error.code or 400, error.description or "The request cannot be read.")
    took = time.perf_counter() - begun
    metrics.DELIVERIES.labels(event if event in KNOWN else "other", str(answer.status)).inc()
    metrics.SECONDS.observe(took)
    # Neither body nor headers are logged as they came: only what has the form that it should have.
    level = logging.WARNING if answer.status >= 400 else logging.INFO
    shown = id_ if is_id(id_) else "?", event if _EVENT.fullmatch(event) else "?"
    _LOG.log(level, "delivery %s %s: %d in %.1f ms: %s", *shown, answer.status, took * 1000, answer.said)
    status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
    if answer.status == 204:
        start(status, [])
        return []
    body = json.dumps({"said": answer.said}).encode() + b"\n"
    start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _answer(hearing: Hearing, environ: WSGIEnvironment, event: str, id_: str) -> _Answer:
    settings = hearing.settings()
    secret = settings.webhook_secret.reveal()
    if not secret:
        return _Answer(503, "GITHUB_WEBHOOK_SECRET is not set: open /setup once, or set it.")
    body = get_input_stream(environ, max_content_length=LIMIT).read()
    if not is_signed(secret, body, environ.get(_SIGNATURE)):
        return _Answer(
            401, f"{HEADER} is missing or wrong. Is the webhook's secret the one that the App was set up with?"
        )
    if not _EVENT.fullmatch(event) or not is_id(id_):
        return _Answer(400, "X-GitHub-Event or X-GitHub-Delivery is missing or of a form that GitHub does not send.")
    try:
        taken = Intake(hearing.queue, settings.app_id).take(event, id_, body)
    except PayloadError as error:
        return _Answer(400, str(error))
    except AwayError as error:
        return _Answer(503, str(error))
    return _Answer(_ANSWERS[taken], taken.value)


def _ready(hearing: Hearing) -> tuple[Response, int]:
    said = {"redis": "ok", "ledger": "ok", "settings": " ".join(hearing.settings().missing) or "ok"}
    try:
        hearing.queue.redis.ping()
    except RedisError as error:
        said["redis"] = f"Redis does not answer ({type(error).__name__}). Start it, or mend REDIS_URL."
    try:
        hearing.deliveries.ready()
    except RecordError as error:
        said["ledger"] = str(error)
    # A ledger that is away keeps no delivery from being taken, and without its settings an installation waits for the
    # set-up page, which only a ready one is asked for.
    return jsonify(said), 200 if said["redis"] == "ok" else 503


def _metrics(hearing: Hearing) -> Response:
    return Response(metrics.exposition(hearing.queue), mimetype="text/plain; version=0.0.4")
