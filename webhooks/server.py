"""The web process: a delivery is verified, recorded and put into the queue, and then answered. Nothing else is done."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, jsonify, request
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.settings import Settings
from webhooks import metrics
from webhooks.deliveries import Deliveries, RecordError, is_id
from webhooks.events import KNOWN
from webhooks.intake import AwayError, Intake, Taken
from webhooks.payloads import PayloadError, parse
from webhooks.queue import JobQueue
from webhooks.signature import HEADER, is_signed

PATH = "/webhooks/github"
# GitHub: "Payloads are capped at 25 MB" (Webhook events and payloads).
LIMIT = 25 * 1024 * 1024
_EVENT = re.compile(r"[a-z0-9_]{1,64}")
_ANSWERS = {Taken.QUEUED: 202, Taken.DUPLICATE: 200, Taken.SUPERSEDED: 200, Taken.NOTHING: 204, Taken.UNKNOWN: 204}

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
    app.add_url_rule(PATH, "delivery", lambda: _delivery(hearing), methods=["POST"])
    app.add_url_rule("/healthz", "health", lambda: Response("ok\n", mimetype="text/plain"))
    app.add_url_rule("/readyz", "ready", lambda: _ready(hearing))
    app.add_url_rule("/metrics", "metrics", lambda: _metrics(hearing))
    app.register_error_handler(HTTPException, _refused)
    return app


def _refused(error: HTTPException) -> tuple[Response, int]:
    return jsonify(said=error.description), error.code or 500


def _delivery(hearing: Hearing) -> tuple[Response, int] | Response:
    begun = time.perf_counter()
    event, id_ = request.headers.get("X-GitHub-Event", ""), request.headers.get("X-GitHub-Delivery", "")
    try:
        answer = _answer(hearing, event, id_)
    except RequestEntityTooLarge:
        answer = _Answer(413, f"A delivery has at most {LIMIT:,} bytes.")
    took = time.perf_counter() - begun
    metrics.DELIVERIES.labels(event if event in KNOWN else "other", str(answer.status)).inc()
    metrics.SECONDS.observe(took)
    # Neither body nor headers are logged as they came: only what has the form that it should have.
    level = logging.WARNING if answer.status >= 400 else logging.INFO
    shown = id_ if is_id(id_) else "?", event if _EVENT.fullmatch(event) else "?"
    _LOG.log(level, "delivery %s %s: %d in %.1f ms: %s", *shown, answer.status, took * 1000, answer.said)
    if answer.status == 204:
        return Response(status=204)
    return jsonify(said=answer.said), answer.status


def _answer(hearing: Hearing, event: str, id_: str) -> _Answer:
    settings = hearing.settings()
    secret = settings.webhook_secret.reveal()
    if not secret:
        return _Answer(503, "GITHUB_WEBHOOK_SECRET is not set: open /setup once, or set it.")
    body = request.get_data(cache=False)
    if not is_signed(secret, body, request.headers.get(HEADER)):
        return _Answer(
            401, f"{HEADER} is missing or wrong. Is the webhook's secret the one that the App was set up with?"
        )
    if not _EVENT.fullmatch(event) or not is_id(id_):
        return _Answer(400, "X-GitHub-Event or X-GitHub-Delivery is missing or of a form that GitHub does not send.")
    try:
        taken = Intake(hearing.deliveries, hearing.queue, settings.app_id).take(event, id_, parse(body))
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
    # Without its settings an installation waits for the set-up page, which only a ready one is asked for.
    working = said["redis"] == said["ledger"] == "ok"
    return jsonify(said), 200 if working else 503


def _metrics(hearing: Hearing) -> Response:
    return Response(metrics.exposition(hearing.queue), mimetype="text/plain; version=0.0.4")
