"""The App says who it is: as itself, and as an installation whose token renews itself."""

from __future__ import annotations

import logging
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import jwt
import pytest

from app.github import redirects
from app.github.api import Patience
from app.github.app_auth import READING, REVIEWING, Installations, NotSetUpError
from app.github.errors import DeniedError, ExpiredError, MissingError, SuspendedError
from app.settings import Secret, Settings
from tests.standin.apps import App, Installation, private_key
from tests.standin.faults import LIMITS, Kind
from tests.standin.server import StandIn
from tests.standin.world import Repository

SHOP = "/repos/octo/shop"


def minted(standin: StandIn) -> int:
    return standin.count("POST /app/installations/")


def test_the_app_by_its_own_token(standin: StandIn, installations: Installations, installation: Installation) -> None:
    app = installations.as_app()
    assert app.get("/app")["slug"] == "exogate"
    assert [it["id"] for it in app.get_all("/app/installations")] == [installation.id]
    first = app.token
    assert app.get("/app")["slug"] == "exogate"
    assert app.token == first
    standin.world.clock.advance(600)
    assert app.get("/app")["slug"] == "exogate"
    assert app.token != first


def test_the_apps_token_says_no_more_than_it_must(installations: Installations, app: App) -> None:
    said = jwt.decode(installations.as_app().token, options={"verify_signature": False})
    assert set(said) == {"iat", "exp", "iss"}
    assert said["exp"] - said["iat"] <= 600
    assert said["iss"] == str(app.id)


@pytest.mark.parametrize("behind", [-86_400, -3600, -120, -30, 30, 120, 3600, 86_400])
def test_a_clock_that_is_wrong_costs_one_more_call(
    standin: StandIn, settings: Settings, installation: Installation, patience: Patience, behind: int
) -> None:
    clock = standin.world.clock
    wrong = replace(patience, now=lambda: clock.now + behind)
    installations = Installations(settings, wrong)
    for _ in range(3):
        assert installations.as_app().get("/app")["slug"] == "exogate"
        assert installations.api(installation.id, "octo/shop").get(SHOP)["name"] == "shop"
    assert len(standin.seen) <= 3 + 3 + 1 + 1
    clock.advance(3 * 3600)
    assert installations.api(installation.id, "octo/shop").get(SHOP)["name"] == "shop"
    assert minted(standin) == 2


def test_a_wrong_key_is_said_once(standin: StandIn, settings: Settings, patience: Patience) -> None:
    other = private_key.__wrapped__()
    with pytest.raises(ExpiredError, match="could not be decoded"):
        Installations(replace(settings, private_key=Secret(other)), patience).as_app().get("/app")
    assert len(standin.seen) == 1


@pytest.mark.parametrize("key", ["", "no key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"])
def test_what_is_not_set_up_is_said(settings: Settings, patience: Patience, key: str) -> None:
    with pytest.raises(NotSetUpError) as error:
        Installations(replace(settings, private_key=Secret(key)), patience).as_app().get("/app")
    assert "AAAA" not in str(error.value)
    assert error.value.__cause__ is None
    with pytest.raises(NotSetUpError):
        Installations(replace(settings, app_id=None), patience).as_app().get("/app")


def test_an_installations_token_is_small(standin: StandIn, api: Any, project: Repository) -> None:
    standin.world.repository("octo/other", private=True)
    assert api.get(SHOP)["name"] == "shop"
    (token,) = standin.world.tokens.values()
    assert token.permissions == REVIEWING
    assert token.repositories == frozenset({"octo/shop"})
    with pytest.raises(MissingError):
        api.get("/repos/octo/other")


def test_a_token_is_kept_until_it_is_nearly_used_up(
    standin: StandIn, installations: Installations, installation: Installation
) -> None:
    for _ in range(3):
        installations.api(installation.id, "octo/shop").get(SHOP)
    assert minted(standin) == 1
    standin.world.clock.advance(54 * 60)
    installations.api(installation.id, "octo/shop").get(SHOP)
    assert minted(standin) == 1
    standin.world.clock.advance(2 * 60)
    installations.api(installation.id, "octo/shop").get(SHOP)
    assert minted(standin) == 2
    installations.api(installation.id, permissions=READING).get(SHOP)
    assert minted(standin) == 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_that_ends_in_the_middle_is_replaced(
    standin: StandIn, api: Any, project: Repository, method: str
) -> None:
    api.get(SHOP)
    standin.world.tokens.clear()  # revoked, before its time
    if method == "GET":
        assert api.get(SHOP)["name"] == "shop"
    else:
        api.write("POST", f"{SHOP}/labels", {"name": "x"})
    assert minted(standin) == 2
    assert standin.count(method) >= 2


def test_a_token_that_is_never_taken_is_an_error(standin: StandIn, api: Any) -> None:
    standin.fail(Kind.EXPIRED_TOKEN, "^GET /repos", times=100)
    with pytest.raises(ExpiredError):
        api.get(SHOP)
    assert standin.count("GET /repos") == 2
    assert minted(standin) == 2


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.EXPIRED_TOKEN])
def test_every_fault_while_a_token_is_asked_for(standin: StandIn, api: Any, kind: Kind) -> None:
    started = standin.world.clock.now
    fault = standin.fail(kind, "access_tokens$", wait=30)
    assert api.get(SHOP)["name"] == "shop"
    assert fault.times == 0
    assert kind not in LIMITS or standin.world.clock.now - started >= 30


def test_suspended(standin: StandIn, api: Any, installation: Installation) -> None:
    api.get(SHOP)
    installation.suspended = standin.world.clock.stamp()
    with pytest.raises(SuspendedError, match="suspended"):
        api.get(SHOP)
    standin.world.clock.advance(4000)
    with pytest.raises(SuspendedError):
        api.get(SHOP)
    installation.suspended = None
    assert api.get(SHOP)["name"] == "shop"


def test_removed(standin: StandIn, api: Any, installation: Installation) -> None:
    del standin.world.installations[installation.id]
    with pytest.raises(MissingError, match="not installed there any more"):
        api.get(SHOP)


def test_not_for_this_repository(standin: StandIn, app: App, installations: Installations) -> None:
    standin.world.repository("octo/other")
    chosen = standin.world.install(app, "octo", "octo/other")
    with pytest.raises(DeniedError, match="not for octo/shop"):
        installations.api(chosen.id, "octo/shop").get(SHOP)


def test_a_permission_that_was_not_granted(
    standin: StandIn, installations: Installations, installation: Installation
) -> None:
    installation.permissions = {**installation.permissions, "checks": "read"}
    api = installations.api(installation.id, "octo/shop")
    assert api.get(SHOP)["name"] == "shop"
    assert installations.lacking(installation.id, "octo/shop") == ("checks",)
    with pytest.raises(DeniedError):
        api.write("POST", f"{SHOP}/check-runs", {"name": "x", "head_sha": "0" * 40})


def test_deliveries_are_read_by_their_cursor(standin: StandIn, app: App, installations: Installations) -> None:
    for number in range(250):
        standin.world.deliver(app, "ping", {"zen": str(number)}, lost=True)
    pages = installations.as_app().pages("/app/hook/deliveries")
    assert [len(page) for page in pages] == [100, 100, 50]
    first = next(iter(installations.as_app().pages("/app/hook/deliveries")))
    assert len(standin.seen) == 4
    assert first[0]["id"] > first[-1]["id"]
    installations.as_app().write("POST", f"/app/hook/deliveries/{first[0]['id']}/attempts")


def test_nothing_shows_a_secret(
    standin: StandIn, settings: Settings, api: Any, installations: Installations, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (None, "github", "github.Requester"):  # PyGithub sets a level of its own
        caplog.set_level(logging.DEBUG, name)
    api.get(SHOP)
    (token,) = standin.world.tokens
    web = installations.as_app().token
    shown = f"{api!r} {installations!r} {settings!r} {vars(installations)!r} {caplog.text}"
    grant = installations._tokens(next(iter(standin.world.installations)), "octo/shop", REVIEWING).grant()
    shown += repr(grant)
    for secret in (token, web, settings.private_key.reveal()):
        assert secret not in shown
    with pytest.raises(TypeError):
        pickle.dumps(settings)


def test_threads_that_ask_at_once_get_their_own_answers(
    installations: Installations, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is answered before both have asked: a request that one of them holds is not the other's."""
    both = threading.Barrier(2)
    answer = redirects._Http.getresponse

    def after_both(self: redirects._Http) -> Any:
        both.wait(30)
        return answer(self)

    monkeypatch.setattr(redirects._Http, "getresponse", after_both)
    app, fields = installations.as_app(), {"/app": "slug", f"/app/installations/{installation.id}": "app_slug"}
    with ThreadPoolExecutor(2) as threads:
        said = dict(zip(fields, threads.map(app.get, fields), strict=True))
    assert [said[path].get(field) for path, field in fields.items()] == ["exogate", "exogate"]


def test_several_threads_share_one_door(
    standin: StandIn, installations: Installations, installation: Installation, project: Repository
) -> None:
    """Each gets the answer to its own question."""
    app, api = installations.as_app(), installations.api(installation.id, "octo/shop")
    paths = [(app, "/app", "slug", "exogate"), (api, SHOP, "name", "shop")]
    paths.append((app, f"/app/installations/{installation.id}", "app_slug", "exogate"))
    wrong: list[object] = []

    def ask(number: int) -> None:
        for step in range(20):
            door, path, field, expected = paths[(number + step) % len(paths)]
            try:
                said = door.get(path)
            except Exception as error:
                wrong.append(error)
            else:
                if said.get(field) != expected:
                    wrong.append((path, said))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns at every step
    try:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []
    assert minted(standin) == 1
