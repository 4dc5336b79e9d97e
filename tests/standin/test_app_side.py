"""The stand-in towards Apps: who may do what, by which token, and what is delivered to them."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest

from tests.standin.apps import App, Installation
from tests.standin.server import StandIn
from tests.standin.test_standin import SHOP, call
from tests.standin.world import Pull, Repository

REMARK = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
TOKENS = "/app/installations/{}/access_tokens"


@pytest.fixture
def app(standin: StandIn, project: Repository) -> App:
    return standin.world.app()


@pytest.fixture
def installed(standin: StandIn, app: App) -> Installation:
    return standin.world.install(app, "octo")


def signed(standin: StandIn, app: App, **claims: object) -> str:
    now = int(standin.world.clock.now)
    return jwt.encode({"iat": now - 60, "exp": now + 500, "iss": str(app.id), **claims}, app.pem, algorithm="RS256")


def token(standin: StandIn, installed: Installation, **body: object) -> str:
    path = TOKENS.format(installed.id)
    status, made, _ = call(standin, "POST", path, body or None, signed(standin, installed.app))
    assert status == 201, made
    return str(made["token"])


class TestTheAppItself:
    def test_its_own_token(self, standin: StandIn, app: App, installed: Installation) -> None:
        web = signed(standin, app)
        assert call(standin, "GET", "/app", token=web)[1]["slug"] == "exogate"
        assert call(standin, "GET", "/app/installations", token=web)[1][0]["id"] == installed.id
        assert call(standin, "GET", f"/app/installations/{installed.id}", token=web)[1]["app_id"] == app.id
        assert call(standin, "GET", f"{SHOP}/installation", token=web)[1]["id"] == installed.id
        assert call(standin, "GET", "/repos/octo/none/installation", token=web)[0] == 404

    @pytest.mark.parametrize(
        ("claims", "message"),
        [
            ({"exp": 0}, "must be a numeric value representing the future"),
            ({"exp": 2**33}, "too far in the future"),
            ({"iat": 2**33}, "'Issued at' claim"),
            ({"iss": "1"}, "could not be decoded"),
        ],
    )
    def test_a_token_that_is_wrong(self, standin: StandIn, app: App, claims: dict[str, Any], message: str) -> None:
        status, refused, _ = call(standin, "GET", "/app", token=signed(standin, app, **claims))
        assert status == 401
        assert message in refused["message"]

    def test_another_key(self, standin: StandIn, app: App) -> None:
        forged = jwt.encode({"iat": 0, "exp": 1, "iss": str(app.id)}, "x" * 32, algorithm="HS256")
        assert call(standin, "GET", "/app", token=forged)[0] == 401
        assert call(standin, "GET", "/app")[0] == 401
        assert call(standin, "GET", "/app", token=standin.world.token("octo"))[0] == 401

    def test_it_is_no_token_for_repositories(self, standin: StandIn, app: App) -> None:
        assert call(standin, "GET", SHOP, token=signed(standin, app))[0] == 401

    def test_a_manifest_is_exchanged_once(self, standin: StandIn, app: App) -> None:
        standin.world.manifests["code"] = app
        status, made, _ = call(standin, "POST", "/app-manifests/code/conversions")
        assert status == 201
        assert (made["pem"], made["webhook_secret"]) == (app.pem, app.hook_secret)
        assert call(standin, "POST", "/app-manifests/code/conversions")[0] == 404


class TestInstallationTokens:
    def test_it_ends_after_an_hour(self, standin: StandIn, installed: Installation) -> None:
        made = token(standin, installed)
        assert call(standin, "GET", SHOP, token=made)[0] == 200
        standin.world.clock.advance(3601)
        assert call(standin, "GET", SHOP, token=made)[0] == 401

    def test_it_reaches_and_may_what_it_was_asked_for(self, standin: StandIn, installed: Installation) -> None:
        standin.world.repository("octo/secret", private=True)
        whole = token(standin, installed)
        part = token(standin, installed, repositories=["shop"], permissions={"contents": "read"})
        assert call(standin, "GET", "/repos/octo/secret", token=whole)[0] == 200
        assert call(standin, "GET", "/repos/octo/secret", token=part)[0] == 404
        assert call(standin, "POST", f"{SHOP}/labels", {"name": "x"}, part)[0] == 403
        assert call(standin, "POST", f"{SHOP}/labels", {"name": "x"}, whole)[0] == 201

    @pytest.mark.parametrize(
        "body", [{"repositories": ["none"]}, {"permissions": {"contents": "write"}}, {"repository_ids": [1]}]
    )
    def test_no_more_than_the_installation_has(self, standin: StandIn, installed: Installation, body: object) -> None:
        web = signed(standin, installed.app)
        assert call(standin, "POST", TOKENS.format(installed.id), body, web)[0] == 422

    def test_suspended(self, standin: StandIn, installed: Installation) -> None:
        made = token(standin, installed)
        installed.suspended = standin.world.clock.stamp()
        assert call(standin, "GET", SHOP, token=made)[0] == 403
        web = signed(standin, installed.app)
        assert call(standin, "POST", TOKENS.format(installed.id), None, web)[0] == 403


class TestCheckRuns:
    @pytest.fixture
    def body(self, project: Repository) -> dict[str, Any]:
        return {"name": "Exogate", "head_sha": project.commit("main"), "external_id": "1", "status": "in_progress"}

    def test_only_apps_write_them(self, standin: StandIn, body: dict[str, Any], token_of_workflow: str) -> None:
        path = f"{SHOP}/check-runs"
        person = standin.world.token("octo")
        assert call(standin, "POST", path, body, person)[0] == 403
        assert call(standin, "POST", path, body, token_of_workflow)[0] == 403
        assert call(standin, "POST", path, body)[0] == 401

    @pytest.fixture
    def token_of_workflow(self, standin: StandIn) -> str:
        return standin.world.token("github-actions[bot]", {"checks": "write"}, "octo/shop")

    def test_from_start_to_end(
        self, standin: StandIn, installed: Installation, body: dict[str, Any], project: Repository
    ) -> None:
        made = token(standin, installed)
        run = call(standin, "POST", f"{SHOP}/check-runs", body, made)[1]
        one = f"{SHOP}/check-runs/{run['id']}"
        output = {"title": "t", "summary": "s"}
        assert call(standin, "PATCH", one, {"output": {**output, "annotations": [REMARK] * 50}}, made)[0] == 200
        done = {"conclusion": "success", "output": {**output, "annotations": [REMARK]}}
        ended = call(standin, "PATCH", one, done, made)[1]
        assert (ended["status"], ended["output"]["annotations_count"]) == ("completed", 51)
        assert len(call(standin, "GET", f"{one}/annotations?per_page=100", token=made)[1]) == 51
        suites = call(standin, "GET", f"{SHOP}/commits/{body['head_sha']}/check-suites", token=made)[1]
        assert suites["check_suites"][0]["conclusion"] == "success"
        assert call(standin, "POST", f"{one}/rerequest", token=made)[0] == 201

    @pytest.mark.parametrize(
        "change",
        [
            {"output": {"summary": "s", "annotations": [REMARK] * 51}},
            {"output": {"summary": "x" * 65_536}},
            {"status": "completed"},
            {"actions": [{"label": "x" * 21, "description": "d", "identifier": "i"}]},
            {"actions": [{"label": "l", "description": "d", "identifier": "i"}] * 4},
        ],
    )
    def test_what_githubs_description_forbids(
        self, standin: StandIn, installed: Installation, body: dict[str, Any], change: dict[str, Any]
    ) -> None:
        made = token(standin, installed)
        run = call(standin, "POST", f"{SHOP}/check-runs", body, made)[1]
        assert call(standin, "PATCH", f"{SHOP}/check-runs/{run['id']}", change, made)[0] == 422
        assert standin.complaints
        standin.complaints.clear()

    def test_they_are_found_by_commit_app_and_name(
        self, standin: StandIn, installed: Installation, body: dict[str, Any]
    ) -> None:
        made = token(standin, installed)
        for number in range(2):
            call(standin, "POST", f"{SHOP}/check-runs", {**body, "external_id": str(number)}, made)
        path = f"{SHOP}/commits/{body['head_sha']}/check-runs"

        def found(query: str) -> list[str]:
            listed = call(standin, "GET", f"{path}?{query}", token=made)[1]["check_runs"]
            return [run["external_id"] for run in listed]

        assert found("filter=all") == ["1", "0"]
        assert found("filter=latest") == ["1"]
        assert found(f"filter=all&app_id={installed.app.id}&check_name=Exogate") == ["1", "0"]
        assert found("filter=all&app_id=1") == []
        assert found("check_name=Other") == []

    def test_not_for_another_app(self, standin: StandIn, installed: Installation, body: dict[str, Any]) -> None:
        run = call(standin, "POST", f"{SHOP}/check-runs", body, token(standin, installed))[1]
        other = standin.world.install(standin.world.app("other"), "octo")
        path = f"{SHOP}/check-runs/{run['id']}"
        assert call(standin, "PATCH", path, {"conclusion": "success"}, token(standin, other))[0] == 403

    def test_a_commit_that_is_none(self, standin: StandIn, installed: Installation, body: dict[str, Any]) -> None:
        body["head_sha"] = "1" * 40
        assert call(standin, "POST", f"{SHOP}/check-runs", body, token(standin, installed))[0] == 422


def test_reviews_and_roles(standin: StandIn, project: Repository, pull: Pull, installed: Installation) -> None:
    made = token(standin, installed)
    project.roles["ada"] = "maintain"
    standin.world.review(project, 1, "ada")
    standin.world.review(project, 1, None, "COMMENTED")
    listed = call(standin, "GET", f"{SHOP}/pulls/1/reviews", token=made)[1]
    assert [(r["user"] and r["user"]["login"], r["state"]) for r in listed] == [
        ("ada", "APPROVED"),
        (None, "COMMENTED"),
    ]
    role = call(standin, "GET", f"{SHOP}/collaborators/ada/permission", token=made)[1]
    assert (role["permission"], role["role_name"]) == ("write", "maintain")
    assert call(standin, "GET", f"{SHOP}/collaborators/nobody/permission", token=made)[0] == 404
    sha = listed[0]["commit_id"]
    assert [p["number"] for p in call(standin, "GET", f"{SHOP}/commits/{sha}/pulls", token=made)[1]] == [1]


def test_contents(standin: StandIn, project: Repository, installed: Installation) -> None:
    made = token(standin, installed)
    found = call(standin, "GET", f"{SHOP}/contents/shop.py", token=made)[1]
    assert (found["type"], found["size"]) == ("file", len("PRICE = 1\n"))
    assert call(standin, "GET", f"{SHOP}/contents/none/at/all.py", token=made)[0] == 404
    assert call(standin, "GET", f"{SHOP}/contents/shop.py?ref=none", token=made)[0] == 404


def test_a_slow_answer_waits_until_it_is_let_go(standin: StandIn, project: Repository) -> None:
    held = standin.hold(f"^GET {SHOP}$")
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(call(standin, "GET", SHOP)[0]))
    waiting.start()
    assert held.arrived.wait(30)
    assert call(standin, "GET", f"{SHOP}/labels")[0] == 200  # others are not kept
    assert answers == []
    standin.release()
    waiting.join()
    assert answers == [200]


class Inbox:
    """A web process of an App, as far as GitHub can tell."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.status = 202
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(inbox.status)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhooks/github"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)


class TestDeliveries:
    @pytest.fixture
    def inbox(self) -> Iterator[Inbox]:
        made = Inbox()
        made.thread.start()
        yield made
        made.server.shutdown()
        made.server.server_close()
        made.thread.join()

    def test_they_are_signed(self, standin: StandIn, app: App, inbox: Inbox) -> None:
        app.hook_url = inbox.url
        made = standin.world.deliver(app, "ping", {"zen": "Hm."})
        ((headers, body),) = inbox.came
        expected = hmac.new(app.hook_secret.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == f"sha256={expected}"
        assert (headers["x-github-delivery"], headers["x-github-event"]) == (made.guid, "ping")
        assert json.loads(body) == {"zen": "Hm."}
        assert made.status_code == 202

    def test_what_was_lost_is_seen_and_sent_again(self, standin: StandIn, app: App, inbox: Inbox) -> None:
        app.hook_url = inbox.url
        lost = standin.world.deliver(app, "ping", {"zen": "Lost."}, lost=True)
        web = signed(standin, app)
        listed = call(standin, "GET", "/app/hook/deliveries?status=failure", token=web)[1]
        assert [(d["guid"], d["status_code"]) for d in listed] == [(lost.guid, 0)]
        whole = call(standin, "GET", f"/app/hook/deliveries/{lost.id}", token=web)[1]
        assert whole["request"]["payload"] == {"zen": "Lost."}
        again = f"/app/hook/deliveries/{lost.id}/attempts"
        assert call(standin, "POST", again, token=web)[0] == 202
        standin.settle()
        assert [headers["x-github-delivery"] for headers, _ in inbox.came] == [lost.guid]
        assert [(d.guid, d.redelivery) for d in standin.world.deliveries] == [(lost.guid, False), (lost.guid, True)]

    def test_nobody_listens(self, standin: StandIn, app: App, inbox: Inbox) -> None:
        assert standin.world.deliver(app, "ping", {}).status_code == 0
        app.hook_url = "http://127.0.0.1:9/"
        assert standin.world.deliver(app, "ping", {}).status_code == 0
        app.hook_url, inbox.status = inbox.url, 500
        assert standin.world.deliver(app, "ping", {}).status_code == 500
