"""The whole dashboard over a real Redis, a ledger and the stand-in for GitHub, and people in front of it."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.ledger.ledger import Ledger
from app.settings import Secret, Settings
from tests.app.ledger.build import add_review
from webhooks.dashboard import application
from webhooks.hook_job import work_of
from webhooks.queue import JobQueue

if TYPE_CHECKING:
    from flask import Flask
    from redis import Redis
    from werkzeug.test import TestResponse

    from app.dashboard.local import LocalDoor
    from tests.standin.apps import App, Installation
    from tests.standin.server import StandIn
    from tests.standin.world import Repository
    from webhooks.jobs import Job

HERE = "http://127.0.0.1:8000"
HEAD, OTHER_HEAD = "b" * 40, "d" * 40


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def at_github(url: str, login: str, agree: str = "1") -> str:
    """Agree, at GitHub's page, to be signed in; return where GitHub sends the browser."""
    body = urllib.parse.urlencode({"login": login, "agree": agree}).encode()
    try:
        urllib.request.build_opener(Stay).open(urllib.request.Request(url, data=body), timeout=30)
    except urllib.error.HTTPError as error:
        return str(error.headers["Location"])
    raise AssertionError("GitHub sent the browser nowhere.")


class Person:
    """Somebody with a browser of their own, at *base*."""

    def __init__(self, app: Flask, base: str = HERE) -> None:
        self.client = app.test_client()
        self.base = base

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **{"base_url": self.base, **more})

    def post(self, path: str, **form: Any) -> TestResponse:
        headers = form.pop("headers", None)
        return self.client.post(path, base_url=self.base, data=form, headers=headers)

    def token(self, path: str = "/") -> str:
        """Return the token of the forms on a page."""
        found = re.search(r'name="csrf_token" value="([^"]*)"', self.get(path).text)
        assert found is not None, f"There is no form on {path}."
        return unescape(found[1])

    def leave(self, path: str = "/signin/github") -> str:
        """Go to GitHub; return the address there."""
        answer = self.get(path)
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    def come_back(self, url: str) -> TestResponse:
        assert url.startswith(f"{self.base}/signin/callback?"), url
        return self.get(url.removeprefix(self.base))

    def sign_in(self, login: str, path: str = "/signin/github") -> TestResponse:
        answer = self.come_back(at_github(self.leave(path), login))
        assert answer.status_code == 303, answer.text
        return answer

    def cookies(self) -> dict[str, str]:
        found = getattr(self.client, "_cookies", {})
        return {cookie.key: cookie.value for cookie in found.values()}


@dataclass
class House:
    """octo's shop, where mira may write and ravi may read, and eve's secret; both were reviewed."""

    standin: StandIn
    app: App
    shop: Repository
    secret: Repository
    installed: Installation
    ledger: Ledger
    queue: JobQueue
    folder: Path
    changes: dict[str, Any] = field(default_factory=dict)

    def settings(self) -> Settings:
        if not hasattr(self, "_settings"):
            self._settings = Settings(
                **{
                    "data_dir": self.folder,
                    "api_url": self.standin.url,
                    "server_url": self.standin.url,
                    "app_id": self.app.id,
                    "private_key": Secret(self.app.pem),
                    "webhook_secret": Secret(self.app.hook_secret),
                    "client_id": self.app.client_id,
                    "client_secret": Secret(self.app.client_secret),
                    **self.changes,
                }
            )
        return self._settings

    def site(self, local: LocalDoor | None = None) -> Flask:
        return application(self.settings, self.ledger, self.queue, local)

    def person(self, login: str | None = None) -> Person:
        made = Person(self.site())
        if login is not None:
            made.sign_in(login)
        return made

    def forget_rights(self) -> None:
        """Let a minute pass, as far as GitHub's answers are concerned."""
        for key in self.queue.redis.scan_iter("exogate:dashboard:*:rights*"):
            self.queue.redis.delete(key)

    def jobs(self) -> list[Job]:
        rq = self.queue.rq
        found = (rq.fetch_job(id_) for id_ in sorted(self.queue.live()))
        return [work_of(job) for job in found if job is not None]


@pytest.fixture
def house(tmp_path: Path, standin: StandIn, redis: Redis) -> Iterator[House]:
    world = standin.world
    app = world.app()
    app.callbacks = (f"{HERE}/signin/callback",)
    shop = world.repository("octo/shop", private=True)
    secret = world.repository("eve/secret", private=True)
    shop.roles |= {"mira": "write", "ravi": "read"}
    for login in ("mira", "ravi", "eve", "stranger"):
        world.user(login)
    installed, other = world.install(app, "octo", "octo/shop"), world.install(app, "eve")
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    add_review(ledger, repository_id=shop.id, repository="octo/shop", installation=installed.id, head=HEAD)
    add_review(ledger, repository_id=secret.id, repository="eve/secret", installation=other.id, head=OTHER_HEAD)
    yield House(standin, app, shop, secret, installed, ledger, JobQueue(redis), tmp_path)
    ledger.close()
