"""The set-up by a browser: for whom it is open, what it sends, what it keeps, and that it shows nothing of it."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import stat
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app.settings import Settings
from webhooks import server
from webhooks.manifest import HOOK
from webhooks.setup import announcement, pages

from .conversions import CODE, KEY, MADE, GitHub, github
from .payloads import pulled
from .processes import Host, until
from .test_up import get, post, serve

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.services.redis import RedisServer
    from webhooks.queue import JobQueue

SECRETS = ("nobody may see this", "hidden-hook", "hidden-client")


@dataclass
class Operator:
    """Somebody who starts the server and may read its log."""

    github: GitHub
    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)

    def settings(self) -> Settings:
        where = {"GITHUB_API_URL": self.github.url, "GITHUB_SERVER_URL": self.github.url}
        return Settings.read({"EXOGATE_DATA_DIR": str(self.data), **where, **self.environment})

    def browser(self) -> FlaskClient:
        """Return a browser, on a process of the server."""
        app = Flask("webhooks")
        app.register_blueprint(pages(self.settings))
        return app.test_client()

    def start(self) -> str:
        """Start the server, and return the path in the link that it logs."""
        said = announcement(self.settings())
        assert said is not None
        link = urlsplit(re.findall(r"https?://\S+", said)[-1])
        return f"{link.path}?{link.query}"

    def get(self, browser: FlaskClient, path: str, **more: Any) -> TestResponse:
        answer = browser.get(path, **more)
        self.shown.append(f"{answer.text}{answer.headers}")
        return answer

    def let_in(self) -> FlaskClient:
        browser = self.browser()
        assert self.get(browser, self.start()).status_code == 303
        return browser

    def set_up(self) -> FlaskClient:
        browser = self.let_in()
        self.get(browser, f"/setup/callback?code={CODE}&state={state_of(browser)}")
        assert self.settings().missing == []
        return browser


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    with github() as served:
        yield Operator(served, tmp_path / "data")


def form_of(browser: FlaskClient, path: str = "/setup") -> tuple[str, dict[str, Any]]:
    """Return where the page's form goes, and the manifest in it."""
    page = browser.get(path).text
    (action,) = re.findall(r'<form action="([^"]*)" method="post">', page)
    (manifest,) = re.findall(r'name="manifest" value="([^"]*)"', page)
    return unescape(action), json.loads(unescape(manifest))


def state_of(browser: FlaskClient) -> str:
    (state,) = parse_qs(urlsplit(form_of(browser)[0]).query)["state"]
    return state


def test_one_click_makes_the_app_and_stores_it(operator: Operator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    browser = operator.let_in()
    answer = operator.get(browser, f"/setup/callback?code={CODE}&state={state_of(browser)}")
    assert (answer.status_code, answer.location) == (303, "/setup/done")
    settings = operator.settings()
    assert (settings.app_id, settings.webhook_secret.reveal(), settings.missing) == (31, "hidden-hook", [])
    assert settings.private_key.reveal() == KEY
    assert (settings.client_id, settings.client_secret.reveal()) == ("Iv1.x", "hidden-client")
    assert settings.missing_for_sign_in == []
    assert [path for path, _ in operator.github.asked] == [f"/app-manifests/{CODE}/conversions"]
    assert not any(name.lower() == "authorization" for name in operator.github.asked[0][1])
    done = operator.get(browser, "/setup/done")
    assert f'href="{operator.github.url}/apps/exogate-octo/installations/new"' in done.text
    for text in (*operator.shown, caplog.text):
        assert not any(secret in text for secret in (*SECRETS, CODE))


def test_what_is_stored_is_for_its_owner_alone(operator: Operator) -> None:
    operator.data.mkdir(mode=0o755)
    operator.set_up()
    assert stat.S_IMODE(operator.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((operator.data / "app.json").stat().st_mode) == 0o600
    assert sorted(path.name for path in operator.data.iterdir()) == ["app.json", "setup-lock"]


def test_no_byte_is_written_to_a_file_that_others_may_read(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each sync to disk, before the file gets its name, and under the widest umask."""
    seen = []
    sync = os.fsync

    def watching(descriptor: int) -> None:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode):
            seen.append((stat.S_IMODE(found.st_mode), (operator.data / "app.json").exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watching)
    before = os.umask(0)
    try:
        operator.set_up()
    finally:
        os.umask(before)
    assert seen == [(0o600, False)] * 2  # the token, and the App


def test_the_form_asks_for_what_the_app_needs(operator: Operator) -> None:
    browser = operator.let_in()
    action, manifest = form_of(browser)
    assert action.startswith(f"{operator.github.url}/settings/apps/new?state=")
    assert manifest["hook_attributes"] == {"url": "http://localhost/webhooks/github", "active": True}
    assert manifest["redirect_url"] == "http://localhost/setup/callback"
    assert manifest["callback_urls"] == ["http://localhost/signin/callback"]
    assert "merge_group" in manifest["default_events"] and manifest["default_permissions"]["merge_queues"] == "read"
    assert not {"installation", "installation_repositories"} & set(manifest["default_events"])
    assert manifest["public"] is False
    action, _ = form_of(browser, "/setup?organization=octo-org")
    assert action.startswith(f"{operator.github.url}/organizations/octo-org/settings/apps/new?state=")
    assert operator.get(browser, "/setup?organization=../x").status_code == 400
    assert HOOK == server.PATH


def test_the_public_address_is_githubs_way_in_and_the_browsers_is_its_way_back(operator: Operator) -> None:
    operator.environment["EXOGATE_PUBLIC_URL"] = "https://exogate.example.org"
    _, manifest = form_of(operator.let_in())
    assert manifest["hook_attributes"]["url"] == "https://exogate.example.org/webhooks/github"
    assert manifest["redirect_url"] == "http://localhost/setup/callback"
    assert manifest["callback_urls"] == [
        "https://exogate.example.org/signin/callback",
        "http://localhost/signin/callback",
    ]
    browser = operator.browser()
    proxied = {"base_url": "http://exogate.example.org"}
    answer = operator.get(browser, operator.start(), **proxied)
    assert "Secure" in answer.headers["Set-Cookie"]
    page = browser.get("/setup", base_url="https://exogate.example.org").text
    assert "https://exogate.example.org/setup/callback" in unescape(page)


def test_a_page_warns_where_github_could_not_reach_the_server(operator: Operator) -> None:
    browser = operator.let_in()
    assert "GitHub cannot reach that address" in browser.get("/setup").text
    operator.environment["EXOGATE_PUBLIC_URL"] = "http://exogate.example.org"
    assert "not encrypted" in browser.get("/setup").text
    operator.environment["EXOGATE_PUBLIC_URL"] = "https://exogate.example.org"
    assert "warning" not in browser.get("/setup").text.partition("</style>")[2]


@pytest.mark.parametrize(
    "path", ["/setup", "/setup?token=", "/setup?token=guess", "/setup?token=%C3%A9", "/setup/done"]
)
def test_who_does_not_come_by_the_link_gets_no_form(operator: Operator, path: str) -> None:
    operator.start()
    answer = operator.get(operator.browser(), path)
    assert answer.status_code == (404 if path == "/setup/done" else 403)
    assert "manifest" not in answer.text


def test_a_stranger_cannot_bind_the_installation_to_an_app_of_theirs(operator: Operator) -> None:
    state = state_of(operator.let_in())
    stranger = operator.browser()
    stranger.set_cookie("exogate_setup", "number.forged", path="/setup")
    for path in (f"/setup/callback?code={CODE}&state={state}", f"/setup/callback?code={CODE}&state="):
        assert operator.get(stranger, path).status_code == 403
        assert operator.get(operator.browser(), path).status_code == 403
    # The operator's own browser, sent there by a stranger's page, does not know the stranger's state either.
    assert operator.get(operator.let_in(), f"/setup/callback?code={CODE}&state={state}").status_code == 403
    assert not operator.github.asked


def test_another_start_ends_the_link_of_the_one_before(operator: Operator) -> None:
    first, old = operator.start(), operator.let_in()
    assert operator.get(old, "/setup").status_code == 200
    operator.start()
    assert operator.get(operator.browser(), first).status_code == 403
    assert operator.get(old, "/setup").status_code == 403


def test_every_process_of_the_server_takes_the_same_link(operator: Operator) -> None:
    link, one, other = operator.start(), operator.browser(), operator.browser()
    cookie = operator.get(one, link).headers["Set-Cookie"].partition(";")[0]
    name, _, value = cookie.partition("=")
    other.set_cookie(name, value, path="/setup")
    assert operator.get(other, "/setup").status_code == 200


def test_once_it_is_set_up_nobody_may(operator: Operator) -> None:
    browser = operator.let_in()
    state = state_of(browser)
    link = operator.start()
    operator.set_up()
    assert announcement(operator.settings()) is None
    before = (operator.data / "app.json").read_bytes()
    for path in ("/setup", link, f"/setup/callback?code={CODE}&state={state}"):
        for who in (browser, operator.browser()):
            answer = operator.get(who, path)
            assert answer.status_code == 410
            assert "The App is set up." in answer.text
    assert (operator.data / "app.json").read_bytes() == before
    assert len(operator.github.asked) == 1


def test_an_app_that_is_known_in_part_is_not_made_anew(operator: Operator) -> None:
    browser = operator.let_in()
    operator.environment["GITHUB_WEBHOOK_SECRET"] = "would count in place of GitHub's"
    answer = operator.get(browser, "/setup")
    assert answer.status_code == 409
    assert "GITHUB_WEBHOOK_SECRET is known" in answer.text and "GITHUB_APP_ID is not set" in answer.text
    assert announcement(operator.settings()) is None


def test_of_two_at_once_one_is_told_to_wait(operator: Operator) -> None:
    browser = operator.let_in()
    state = state_of(browser)
    with (operator.data / "setup-lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = operator.get(browser, f"/setup/callback?code={CODE}&state={state}")
    assert answer.status_code == 500 and "Another set-up is under way" in answer.text
    assert not operator.github.asked
    assert operator.get(browser, f"/setup/callback?code={CODE}&state={state}").status_code == 303


def test_what_another_process_has_stored_is_not_written_over(operator: Operator) -> None:
    """A process that has not read it yet still takes the App for unknown."""
    browser = operator.let_in()
    state = state_of(browser)
    (operator.data / "app.json").write_text("{}")
    answer = operator.get(browser, f"/setup/callback?code={CODE}&state={state}")
    assert answer.status_code == 500 and "The App is set up already." in answer.text
    assert (operator.data / "app.json").read_text() == "{}"
    assert not operator.github.asked


def test_where_nothing_can_be_written_github_is_not_asked(operator: Operator) -> None:
    browser = operator.let_in()
    state, token = state_of(browser), (operator.data / "setup-token").read_text()
    operator.data.rename(operator.data.with_name("away"))
    operator.data.mkdir()
    (operator.data / "setup-token").write_text(token)
    (operator.data / "setup-lock").mkdir()
    answer = operator.get(browser, f"/setup/callback?code={CODE}&state={state}")
    assert answer.status_code == 500 and "cannot be written to" in answer.text
    assert not operator.github.asked
    operator.data = Path("/proc/exogate")  # where not even root may make a directory
    said = announcement(operator.settings())
    assert said is not None and "cannot be by a browser" in said


def test_a_file_that_breaks_off_is_not_there(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = operator.let_in()
    state = state_of(browser)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answer = operator.get(browser, f"/setup/callback?code={CODE}&state={state}")
    assert answer.status_code == 500 and "No space left on device" in answer.text and "delete it there" in answer.text
    assert sorted(path.name for path in operator.data.iterdir()) == ["setup-lock", "setup-token"]


@pytest.mark.parametrize("code", ["", "a b", "../../user", "x" * 300, "%C3%A9", "a?b=c"])
def test_a_code_of_another_form_is_not_sent_on(operator: Operator, code: str) -> None:
    browser = operator.let_in()
    answer = operator.get(browser, "/setup/callback", query_string={"code": code, "state": state_of(browser)})
    assert answer.status_code == 400
    assert not operator.github.asked


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, b"{}", {}), "good once, and for an hour"),
        ((500, b"<html>hidden-hook</html>", {}), "GitHub"),
        ((422, b'{"message": "Validation Failed"}', {}), "Validation Failed"),
        ((302, b"", {"Location": "http://127.0.0.1:1/x"}), "GitHub: 302"),
        ((0, b"", {}), "GitHub gave no answer"),
        ((201, b"{}", {}), "client_id, client_secret, html_url, id, pem, webhook_secret"),
        ((201, b"[]", {}), "another form"),
        ((201, b"<html>", {}), "another form"),
        ((201, b'{"id": 1', {"X-Length": "500"}), "GitHub"),
        ((201, json.dumps({**MADE, "html_url": "x", "webhook_secret": None}).encode(), {}), "webhook_secret"),
        ((201, json.dumps({**MADE, "html_url": "x", "client_secret": ""}).encode(), {}), "client_secret"),
        ((201, json.dumps({**MADE, "html_url": "x", "client_id": "a b"}).encode(), {}), "client_id"),
        ((201, json.dumps({**MADE, "html_url": "x", "pem": "nobody may see this"}).encode(), {}), "pem"),
        ((201, json.dumps({**MADE, "html_url": "x"}).encode() + b" " * 300_000, {}), "another form"),
    ],
)
def test_where_github_says_no_it_is_told_and_may_be_tried_again(
    operator: Operator, caplog: pytest.LogCaptureFixture, answer: tuple[int, bytes, dict[str, str]], said: str
) -> None:
    browser = operator.let_in()
    state = state_of(browser)
    operator.github.answers.append(answer)
    told = operator.get(browser, f"/setup/callback?code={CODE}&state={state}")
    assert told.status_code == 502
    assert said in unescape(told.text)
    assert not (operator.data / "app.json").exists()
    assert len(operator.github.asked) == 1
    assert not any(secret in text for secret in (*SECRETS, CODE, state) for text in (*operator.shown, caplog.text))
    assert operator.get(browser, f"/setup/callback?code={CODE}&state={state}").status_code == 303


def test_pages_are_kept_by_nobody_and_framed_by_nobody(operator: Operator) -> None:
    browser = operator.let_in()
    for path in ("/setup", "/setup/done", "/setup/callback"):
        headers = operator.get(browser, path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    cookie = operator.get(operator.browser(), operator.start()).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/setup" in cookie


def test_a_link_that_is_not_githubs_is_not_shown(operator: Operator) -> None:
    made = {**MADE, "html_url": "https://elsewhere.example/apps/x"}
    operator.github.answers.append((201, json.dumps(made).encode(), {}))
    browser = operator.set_up()
    answer = operator.get(browser, "/setup/done")
    assert answer.status_code == 200 and "elsewhere" not in answer.text


def test_the_real_server_is_set_up_by_its_own_log_and_takes_deliveries_at_once(
    tmp_path: Path, shared_redis: RedisServer, queue: JobQueue
) -> None:
    """By gunicorn's processes, none of which is started again."""
    unset = dict.fromkeys(("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"), "")
    with github() as served:
        where = {"GITHUB_API_URL": served.url, "GITHUB_SERVER_URL": served.url}
        host = Host(tmp_path / "host", shared_redis.url, **unset, **where)
        try:
            process, port = serve(host)
            until(lambda: "/setup?token=" in host.log, process)
            (link,) = re.findall(r"http://127\.0\.0\.1:\d+/setup\?token=\S+", host.log)
            assert get(port, "/setup")[0] == 403
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            page = browser.open(link, timeout=60).read().decode()
            (state,) = re.findall(r"\?state=([0-9a-f]+)", page)
            back = f"http://127.0.0.1:{port}/setup/callback?code={CODE}&state={state}"
            assert "/installations/new" in browser.open(back, timeout=60).read().decode()
            secret = MADE["webhook_secret"]
            assert [post(port, pulled("opened"), f"d-{n}", secret=secret) for n in range(6)] == [202, *[200] * 5]
            assert get(port, "/setup")[0] == 410
            assert not any(secret in host.log for secret in (*SECRETS, CODE, state))
        finally:
            host.end()
