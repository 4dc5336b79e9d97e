"""What is answered: 202 only for what is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.settings import Secret, Settings
from webhooks.queue import JobQueue
from webhooks.redis_connection import connect
from webhooks.server import LIMIT, PATH, Hearing, create_app
from webhooks.signature import HEADER, sign

from .examples import COUNT, examples
from .memory import Memory
from .payloads import APP, BOT, pulled

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.services.redis import RedisServer

SECRET = "a secret that is nowhere else"


def settings(secret: str = SECRET) -> Settings:
    return Settings(Path(), app_id=APP, webhook_secret=Secret(secret), private_key=Secret("key"))


def client_of(memory: Memory, queue: JobQueue, secret: str = SECRET) -> FlaskClient:
    return create_app(Hearing(lambda: settings(secret), memory, queue)).test_client()


@pytest.fixture
def client(memory: Memory, queue: JobQueue) -> FlaskClient:
    return client_of(memory, queue)


def post(
    client: FlaskClient,
    payload: object,
    event: str = "pull_request",
    id_: str = "d-1",
    headers: dict[str, str | None] | None = None,
) -> TestResponse:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    every: dict[str, str | None] = {"X-GitHub-Event": event, "X-GitHub-Delivery": id_, HEADER: sign(SECRET, body)}
    every |= headers or {}
    return client.post(PATH, data=body, headers={name: value for name, value in every.items() if value is not None})


def test_a_delivery_is_accepted_once_it_is_recorded_and_queued(
    client: FlaskClient, memory: Memory, queue: JobQueue
) -> None:
    answer = post(client, pulled("opened"))
    assert (answer.status_code, answer.json) == (202, {"said": "queued"})
    assert (queue.rq.job_ids, len(queue.outbox)) == (["d-1"], 1)
    assert post(client, pulled("opened")).status_code == 200
    assert queue.rq.job_ids == ["d-1"]


BODY = json.dumps(pulled("opened")).encode()


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        sign("another", BODY),
        sign(SECRET, BODY + b" "),
        "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest(),
        "sha256=ü",
        "sha256=" + "ÿ" * 64,
    ],
)
def test_what_is_not_signed_is_refused_before_it_is_read(
    client: FlaskClient, memory: Memory, queue: JobQueue, header: str | None
) -> None:
    sha1 = "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
    answer = post(client, BODY, headers={HEADER: header, "X-Hub-Signature": sha1})
    assert answer.status_code == 401
    assert queue.rq.count == len(queue.outbox) == 0
    assert post(client, b"{", headers={HEADER: header}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b"\xff\xfe{}",
        b"payload=%7B%7D",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"number": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(client: FlaskClient, body: bytes) -> None:
    answer = post(client, body)
    assert answer.status_code == 400
    assert "JSON" in answer.json["said"]
    assert post(client, body, "star").status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"X-GitHub-Event": None},
        {"X-GitHub-Event": "pull request"},
        {"X-GitHub-Delivery": None},
        {"X-GitHub-Delivery": "../x"},
        {"X-GitHub-Delivery": "x" * 65},
    ],
)
def test_a_delivery_without_its_headers_is_refused(client: FlaskClient, headers: dict[str, str | None]) -> None:
    assert post(client, pulled("opened"), headers=headers).status_code == 400


def test_a_body_in_another_form_of_json_is_read(client: FlaskClient, queue: JobQueue) -> None:
    assert post(client, b"\xef\xbb\xbf" + BODY, id_="d-1").status_code == 202
    assert post(client, json.dumps({**pulled("assigned"), "title": "\ud800"}).encode(), id_="d-2").status_code == 204


def test_a_payload_that_does_not_fit_is_refused_with_the_field(client: FlaskClient) -> None:
    answer = post(client, {**pulled("opened"), "pull_request": {"number": 1}})
    assert answer.status_code == 400
    assert answer.json["said"] == "The payload's field pull_request.head does not fit: Field required."


def test_a_body_beyond_the_limit_is_refused(client: FlaskClient) -> None:
    assert post(client, b" " * (LIMIT + 1)).status_code == 413


def test_what_is_not_listened_to_and_what_asks_for_nothing_has_no_content(client: FlaskClient) -> None:
    assert post(client, {"zen": "Keep it simple."}, "ping").status_code == 204
    assert post(client, pulled("labeled", label={"name": "x"}, sender=BOT)).status_code == 204


def test_while_the_ledger_is_away_deliveries_are_taken(client: FlaskClient, memory: Memory, queue: JobQueue) -> None:
    memory.away = True
    assert post(client, pulled("opened")).status_code == 202
    assert post(client, pulled("opened")).status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["ledger"]) == (200, "The ledger is locked.")
    memory.away = False
    queue.outbox.drain(memory)
    assert list(memory.rows) == ["d-1"]


def test_while_redis_is_away_github_is_told(memory: Memory, own_redis: RedisServer) -> None:
    client = client_of(memory, JobQueue(connect(own_redis.url)))
    own_redis.stop()
    assert post(client, pulled("opened")).status_code == 503
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json["redis"].startswith("Redis does not answer")
    assert b"exogate_queue_up 0.0" in client.get("/metrics").data
    own_redis.start()
    assert post(client, pulled("opened")).status_code == 202
    assert client.get("/readyz").status_code == 200


def test_without_a_secret_nothing_is_believed(memory: Memory, queue: JobQueue) -> None:
    client = client_of(memory, queue, secret="")
    answer = post(client, BODY, headers={HEADER: sign("", BODY)})
    assert answer.status_code == 503
    assert "GITHUB_WEBHOOK_SECRET is not set" in answer.json["said"]
    ready = client.get("/readyz")
    assert (ready.status_code, "GITHUB_WEBHOOK_SECRET" in ready.json["settings"]) == (200, True)


def test_every_published_example_is_answered(client: FlaskClient) -> None:
    answers: dict[int, int] = {}
    for number, (event, payload) in enumerate(examples()):
        for kind, sent in (("as-is", payload), ("app", {**payload, "installation": {"id": 5}})):
            status = post(client, sent, event, f"{kind}-{number}").status_code
            answers[status] = answers.get(status, 0) + 1
    assert sum(answers.values()) == 2 * COUNT
    assert set(answers) == {200, 202, 204}, answers


def test_a_log_line_holds_nothing_of_the_payload_and_no_secret(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    post(client, {**pulled("opened"), "token": "ghs_hidden", "title": "hidden"})
    post(client, {**pulled("opened"), "pull_request": "ghs_hidden"}, id_="d-2")
    post(client, BODY, id_="ghs_hidden\u00e9", event="hidden\u00e9", headers={HEADER: "sha256=ghs_hidden"})
    ours = [record.getMessage() for record in caplog.records if record.name == "exogate.webhooks"]
    assert len(ours) == 3
    assert ours[0].startswith("delivery d-1 pull_request: 202 in ")
    assert not any(word in caplog.text for word in ("hidden", SECRET))


def test_metrics(client: FlaskClient) -> None:
    post(client, pulled("opened"))
    post(client, pulled("opened"), "unheard_of", "d-2")
    text = client.get("/metrics").text
    assert 'exogate_deliveries_total{answer="202",event="pull_request"}' in text
    assert 'exogate_deliveries_total{answer="204",event="other"}' in text
    assert "exogate_delivery_seconds_count" in text
    assert 'exogate_jobs{state="queued"} 1.0' in text
    assert "exogate_workers 0.0" in text


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_posts_are_deliveries(client: FlaskClient, method: str) -> None:
    assert getattr(client, method)(PATH).status_code == 405


@pytest.mark.parametrize("content", ["gzip", "deflate"])
def test_a_compressed_body_is_not_unpacked(client: FlaskClient, content: str) -> None:
    bomb = zlib.compress(b"0" * 1_000_000)
    answer = post(client, bomb, headers={"Content-Encoding": content})
    assert answer.status_code == 400


def test_a_body_that_does_not_come_whole_is_refused(client: FlaskClient, queue: JobQueue) -> None:
    headers = {"X-GitHub-Event": "pull_request", "X-GitHub-Delivery": "d-1", HEADER: sign(SECRET, BODY)}
    answer = client.post(PATH, data=BODY[:-9], headers=headers, content_length=len(BODY))
    assert answer.status_code in (400, 401)  # its signature is the whole body's
    assert queue.rq.count == 0
    assert client.post(PATH, data=BODY, headers=headers).status_code == 202
