"""The stand-in towards people who sign in by an App: it refuses what GitHub refuses."""

from __future__ import annotations

import base64
import hashlib
import urllib.parse
from typing import Any

import pytest

from tests.standin.apps import App
from tests.standin.oauth import CODE_SECONDS, TOKEN_SECONDS
from tests.standin.server import StandIn
from tests.standin.test_standin import call
from tests.standin.world import Repository

BACK = "http://127.0.0.1:8000/signin/callback"
PROOF = "p" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(PROOF.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def app(standin: StandIn, project: Repository) -> App:
    made = standin.world.app()
    made.callbacks = (BACK,)
    return made


def asked(app: App, **change: str) -> str:
    query = {
        "client_id": app.client_id,
        "redirect_uri": BACK,
        "state": "s" * 32,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **change,
    }
    return "/login/oauth/authorize?" + urllib.parse.urlencode(query)


def agree(standin: StandIn, app: App, login: str = "mira", **change: str) -> dict[str, str]:
    """Agree on the page; return what the App is sent back with."""
    import http.client

    place = urllib.parse.urlsplit(standin.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.request("POST", asked(app, **change), urllib.parse.urlencode({"login": login, "agree": "1"}))
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 302
    where = urllib.parse.urlsplit(str(answer.getheader("Location")))
    assert f"{where.scheme}://{where.netloc}{where.path}" == BACK
    return dict(urllib.parse.parse_qsl(where.query))


def exchange(standin: StandIn, app: App, code: str, **change: str) -> dict[str, Any]:
    said = {"client_id": app.client_id, "client_secret": app.client_secret, "code": code, "code_verifier": PROOF}
    path = "/login/oauth/access_token"
    status, told, _ = call(standin, "POST", path, {**said, **change}, None, Accept="application/json",
                           Content_Type="application/json")  # fmt: skip
    assert status == 200
    return dict(told)


def test_a_code_is_traded_for_the_persons_token(standin: StandIn, app: App) -> None:
    sent = agree(standin, app)
    assert sent["state"] == "s" * 32
    told = exchange(standin, app, sent["code"])
    assert (told["expires_in"], told["token_type"]) == (TOKEN_SECONDS, "bearer")
    assert call(standin, "GET", "/user", token=told["access_token"])[1]["login"] == "mira"
    assert exchange(standin, app, sent["code"])["error"] == "bad_verification_code"
    standin.world.clock.advance(TOKEN_SECONDS + 1)
    assert call(standin, "GET", "/user", token=told["access_token"])[0] == 401


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "guess"}, "incorrect_client_credentials"),
        ({"client_id": "Iv1"}, "incorrect_client_credentials"),
        ({"code_verifier": "q" * 43}, "bad_verification_code"),
        ({"code": "0"}, "bad_verification_code"),
        ({"redirect_uri": "http://evil.example/"}, "redirect_uri_mismatch"),
    ],
)
def test_a_wrong_exchange_is_refused(standin: StandIn, app: App, change: dict[str, str], error: str) -> None:
    code = agree(standin, app)["code"]
    assert exchange(standin, app, **{"code": code, **change})["error"] == error


def test_a_code_is_good_for_ten_minutes(standin: StandIn, app: App) -> None:
    code = agree(standin, app)["code"]
    standin.world.clock.advance(CODE_SECONDS + 1)
    assert exchange(standin, app, code)["error"] == "bad_verification_code"


def test_people_are_sent_to_known_places_only(standin: StandIn, app: App) -> None:
    assert agree(standin, app, redirect_uri="http://evil.example/")["error"] == "redirect_uri_mismatch"


@pytest.mark.parametrize("change", [{"state": ""}, {"code_challenge_method": "plain"}])
def test_a_careless_app_is_complained_about(standin: StandIn, app: App, change: dict[str, str]) -> None:
    agree(standin, app, **change)
    assert len(standin.complaints) == 1
    standin.complaints.clear()


def test_what_a_person_reaches_is_what_they_were_given(standin: StandIn, app: App, project: Repository) -> None:
    world = standin.world
    other = world.repository("octo/other")
    whole = world.install(app, "octo")
    project.roles["mira"] = "write"
    token = world.user_token(app, "mira", 100).value
    listed = call(standin, "GET", "/user/installations", token=token)[1]
    assert [it["id"] for it in listed["installations"]] == [whole.id]
    found = call(standin, "GET", f"/user/installations/{whole.id}/repositories", token=token)[1]
    assert [repo["full_name"] for repo in found["repositories"]] == ["octo/shop"]  # the other is public, and not given
    assert found["repositories"][0]["permissions"]["push"] is True
    other.roles["mira"] = "read"
    found = call(standin, "GET", f"/user/installations/{whole.id}/repositories", token=token)[1]
    assert {repo["full_name"]: repo["permissions"]["push"] for repo in found["repositories"]}["octo/other"] is False
    stranger = world.user_token(app, "stranger", 100).value
    assert call(standin, "GET", "/user/installations", token=stranger)[1]["total_count"] == 0
    assert call(standin, "GET", f"/user/installations/{whole.id}/repositories", token=stranger)[0] == 404
    plain = world.token("mira")
    assert call(standin, "GET", "/user/installations", token=plain)[0] == 403
    assert call(standin, "GET", "/user/installations")[0] == 401


def test_an_app_ends_its_own_tokens(standin: StandIn, app: App) -> None:
    token = standin.world.user_token(app, "mira", 100).value
    path, body = f"/applications/{app.client_id}/token", {"access_token": token}
    wrong = base64.b64encode(f"{app.client_id}:guess".encode()).decode()
    right = base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
    assert call(standin, "DELETE", path, body, Authorization=f"Basic {wrong}")[0] == 404
    assert call(standin, "DELETE", path, body)[0] == 404
    assert call(standin, "DELETE", path, body, Authorization=f"Basic {right}")[0] == 204
    assert call(standin, "DELETE", path, body, Authorization=f"Basic {right}")[0] == 422
    assert call(standin, "GET", "/user", token=token)[0] == 401
