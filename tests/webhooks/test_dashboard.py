"""The dashboard beside what hears GitHub, in one process: neither has a part in the other's answers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from app.dashboard.headers import POLICY
from app.dashboard.services import OPERATOR, UnavailableError
from webhooks.cli.up import command
from webhooks.dashboard import QueueHands, beside
from webhooks.hook_job import work_of
from webhooks.jobs import Override, ReviewHead, from_json, to_json
from webhooks.queue import JobQueue
from webhooks.server import LIMIT, PATH
from webhooks.signature import HEADER, sign
from webhooks.web import build

from .payloads import APP, pulled

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.services.redis import RedisServer

SECRET = "a secret that is nowhere else"
HEAD = "b" * 40
HEARD = ("/healthz", "/readyz", "/metrics", "/setup", "/setup/done", "/setup/callback")


def site(folder: Path, redis_url: str, **more: str) -> FlaskClient:
    return build(
        {
            "EXOGATE_DATA_DIR": str(folder),
            "REDIS_URL": redis_url,
            "GITHUB_APP_ID": str(APP),
            "GITHUB_APP_PRIVATE_KEY": "-----BEGIN RSA PRIVATE KEY-----",
            "GITHUB_WEBHOOK_SECRET": SECRET,
            **more,
        }
    ).test_client()


@pytest.fixture
def client(tmp_path: Path, queue: JobQueue, shared_redis: RedisServer) -> FlaskClient:
    return site(tmp_path, shared_redis.url)


def test_a_delivery_meets_neither_session_nor_form_nor_pages_headers(client: FlaskClient, queue: JobQueue) -> None:
    body = json.dumps(pulled("opened")).encode()
    headers = {
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Delivery": "d-1",
        HEADER: sign(SECRET, body),
        "Sec-Fetch-Site": "cross-site",
    }
    client.set_cookie("exogate-80", "a" * 43)
    answer = client.post(PATH, data=body, headers=headers)
    assert answer.status_code == 202 and queue.rq.job_ids == ["d-1"]
    assert not {"Content-Security-Policy", "Set-Cookie", "Vary"} & set(answer.headers.keys())


def test_a_delivery_may_be_as_large_as_github_makes_it(client: FlaskClient) -> None:
    body = b" " * (LIMIT - 1)
    headers = {"X-GitHub-Event": "ping", "X-GitHub-Delivery": "d-2", HEADER: sign(SECRET, body)}
    assert client.post(PATH, data=body, headers=headers).status_code == 400  # it was read, and is no JSON
    assert client.post("/signout", data=b"x" * 100_000).status_code in (403, 413)


@pytest.mark.parametrize("path", HEARD)
def test_what_was_there_before_answers_as_before(client: FlaskClient, path: str) -> None:
    client.set_cookie("exogate-80", "a" * 43)
    answer = client.get(path)
    assert answer.headers.get("Content-Security-Policy") != POLICY
    assert "Set-Cookie" not in answer.headers
    assert answer.status_code in (200, 404, 410), answer.text


@pytest.mark.parametrize(
    "path", ["/", "/queue", "/nowhere", "/healthz/", "/webhooks", "/setup/", "/a//b", "/healthz;x"]
)
def test_everything_else_is_the_dashboards(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.status_code in (303, 404, 308)
    assert not answer.location or answer.location.startswith(("/", "http://localhost/"))


def test_health_does_not_need_redis_and_pages_say_that_they_do(tmp_path: Path) -> None:
    away = site(tmp_path, "unix:///nonexistent/redis")
    assert away.get("/healthz").status_code == 200
    away.set_cookie("exogate-80", "a" * 43)
    answer = away.get("/")
    assert answer.status_code == 503 and "Redis does not answer" in answer.text
    away.delete_cookie("exogate-80")
    assert away.get("/signin").status_code == 200


def test_pages_that_wait_leave_room_for_deliveries() -> None:
    hearing, pages = Flask("hearing"), Flask("pages")
    go, waiting = Event(), Barrier(3)

    def slow() -> str:
        waiting.wait(60)
        go.wait(60)
        return "late"

    hearing.add_url_rule("/heard", "heard", lambda: "heard")
    pages.add_url_rule("/slow", "slow", slow)
    pages.add_url_rule("/defect", "defect", lambda: str(1 / 0))
    beside(hearing, pages, 2)
    with ThreadPoolExecutor(2) as pool:
        late = [pool.submit(hearing.test_client().get, "/slow") for _ in range(2)]
        waiting.wait(60)
        busy = hearing.test_client().get("/slow")
        assert busy.status_code == 503 and busy.headers["Retry-After"] == "2"
        assert hearing.test_client().get("/heard").text == "heard"
        go.set()
        assert [answer.result(60).text for answer in late] == ["late", "late"]
    for _ in range(3):  # what fails gives its place back
        assert hearing.test_client().get("/defect").status_code == 500


class TestTheLocalDoor:
    TOKEN = "t" * 43

    def test_is_open_where_up_says_so(self, tmp_path: Path, queue: JobQueue, shared_redis: RedisServer) -> None:
        told = {"EXOGATE_LOCAL_TOKEN": self.TOKEN, "EXOGATE_BIND": "127.0.0.1:8000"}
        here = site(tmp_path, shared_redis.url, **told)
        assert here.get(f"/signin/local?token={self.TOKEN}").status_code == 303

    @pytest.mark.parametrize(
        "told",
        [
            {},
            {"EXOGATE_LOCAL_TOKEN": TOKEN},
            {"EXOGATE_LOCAL_TOKEN": TOKEN, "EXOGATE_BIND": "0.0.0.0:8000"},
            {"EXOGATE_LOCAL_TOKEN": TOKEN, "EXOGATE_BIND": "10.0.0.1:8000"},
            {"EXOGATE_LOCAL_TOKEN": TOKEN, "EXOGATE_BIND": "[::]:8000"},
            {"EXOGATE_LOCAL_TOKEN": TOKEN, "EXOGATE_BIND": "unix:/run/exogate"},
            {"EXOGATE_LOCAL_TOKEN": "", "EXOGATE_BIND": "127.0.0.1:8000"},
        ],
    )
    def test_is_closed_elsewhere(
        self, tmp_path: Path, queue: JobQueue, shared_redis: RedisServer, told: dict[str, str]
    ) -> None:
        there = site(tmp_path, shared_redis.url, **told)
        assert there.get(f"/signin/local?token={self.TOKEN}").status_code == 404
        assert there.get("/signin/local?token=").status_code == 404

    def test_up_refuses_to_open_it_to_others(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from click.testing import CliRunner

        monkeypatch.setenv("EXOGATE_DATA_DIR", str(tmp_path))
        done = CliRunner().invoke(command, ["--local", "--host", "0.0.0.0"])
        assert done.exit_code != 0 and "this machine only" in done.output


class TestTheHands:
    WHERE = {"repository_id": 7, "repository": "octo/shop", "number": 1, "head": HEAD, "installation": 5}  # noqa: RUF012

    def test_ask_for_a_review_and_say_what_became_of_it(self, queue: JobQueue) -> None:
        hands = QueueHands(queue)
        assert "in the queue" in hands.rerun(**self.WHERE, actor="mira")  # type: ignore[arg-type]
        (id_,) = queue.live()
        job = queue.rq.fetch_job(id_)
        assert job is not None
        work = work_of(job)
        assert isinstance(work, ReviewHead) and work.delivery == id_ and work.again
        newer = ReviewHead(5, 7, "octo/shop", 1, "c" * 40, None, "push", "d-9", updated=1_800_000_000)
        queue.put(newer, "d-9")
        assert "newer head" in hands.rerun(**self.WHERE, actor="mira")  # type: ignore[arg-type]

    @pytest.mark.parametrize(("actor", "operator"), [("mira", False), (OPERATOR, True)])
    def test_write_a_word_down_as_whose_it_is(self, queue: JobQueue, actor: str, operator: bool) -> None:
        QueueHands(queue).say_provenance(**self.WHERE, actor=actor, value="ai", reason="because")  # type: ignore[arg-type]
        (id_,) = queue.live()
        job = queue.rq.fetch_job(id_)
        assert job is not None
        work = work_of(job)
        assert isinstance(work, Override) and work.by_operator is operator and work.actor == actor

    def test_count(self, queue: JobQueue) -> None:
        hands = QueueHands(queue)
        assert hands.workers() == 0 and hands.depth()["queued"] == 0
        hands.rerun(**self.WHERE, actor="mira")  # type: ignore[arg-type]
        assert hands.depth()["queued"] == 1

    def test_say_where_redis_is_away(self) -> None:
        from redis import Redis

        hands = QueueHands(JobQueue(Redis(unix_socket_path="/nonexistent/redis")))
        for ask in (hands.depth, hands.workers, lambda: hands.rerun(**self.WHERE, actor="mira")):  # type: ignore[arg-type]
            with pytest.raises(UnavailableError, match="Redis does not answer"):
                ask()


def test_a_job_of_an_older_version_is_read(queue: JobQueue) -> None:
    """One that was put there before there was an operator's word."""
    told = to_json(Override(5, 7, "octo/shop", 1, "d-1", HEAD, "mira", "button", "ai", "because"))
    del told["by_operator"]
    work = from_json(told)
    assert isinstance(work, Override) and not work.by_operator
