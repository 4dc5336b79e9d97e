"""Who sees what: what GitHub says of the person, a minute old at most, and nothing where it says nothing."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, request

from app.dashboard import rights
from app.dashboard.local import LocalDoor
from app.dashboard.origin import is_loopback
from app.dashboard.services import OPERATOR
from app.github.api import Api
from app.settings import Secret
from tests.app.dashboard.house import HEAD, House, Person
from tests.app.ledger.build import add_review
from tests.standin.faults import Kind

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

LISTED = "GET /user/installations"


def review_of(house: House, name: str = "octo/shop") -> str:
    """Return the page of the newest review of pull request 1."""
    person = Person(house.site(DOOR))
    person.get(f"/signin/local?token={TOKEN}")
    return str(person.get(f"/r/{name}/1").location)


def untimed(page: str) -> str:
    """Return a page without what the second it was made in alone decides: the form's token is signed with the time."""
    return re.sub(r'name="csrf_token" value="[^"]*"', 'name="csrf_token"', page)


TOKEN = "the token on the terminal"
DOOR = LocalDoor(Secret(TOKEN))


class TestReading:
    def test_each_sees_their_own(self, house: House) -> None:
        shop, secret = review_of(house), review_of(house, "eve/secret")
        for login, sees in (("octo", shop), ("mira", shop), ("ravi", shop), ("eve", secret)):
            person = house.person(login)
            assert person.get(sees).status_code == 200, login
            assert person.get(secret if sees == shop else shop).status_code == 404, login
        stranger = house.person("stranger")
        page = stranger.get("/").text
        assert "octo/shop" not in page and "eve/secret" not in page

    def test_what_is_not_there_and_what_is_not_theirs_look_the_same(self, house: House) -> None:
        secret = review_of(house, "eve/secret").rpartition("/")[2]
        person = house.person("mira")
        nowhere = untimed(person.get("/r/eve/nowhere").text)
        for path in ("/r/eve/secret", "/r/eve/secret/1", f"/r/eve/secret/reviews/{secret}", "/r/eve/secret/99"):
            answer = person.get(path)
            assert (answer.status_code, untimed(answer.text)) == (404, nowhere), path
        # Another's review under the name of a repository of one's own.
        never = person.get("/r/octo/shop/reviews/999999")
        answer = person.get(f"/r/octo/shop/reviews/{secret}")
        assert (answer.status_code, answer.text) == (404, never.text)

    def test_that_everybody_may_read_it_on_github_is_not_enough(self, house: House) -> None:
        house.shop.private = False
        assert "octo/shop" not in house.person("stranger").get("/").text

    def test_github_is_asked_once_a_minute(self, house: House) -> None:
        person = house.person("mira")
        for path in ("/", "/r/octo/shop", "/r/octo/shop/1", "/"):
            assert person.get(path).status_code in (200, 303)
        assert house.standin.count(LISTED) == 2  # the installations, and the repositories of one
        house.forget_rights()
        person.get("/")
        assert house.standin.count(LISTED) == 4

    def test_a_right_that_is_gone_is_gone_within_a_minute(self, house: House) -> None:
        person = house.person("mira")
        assert "octo/shop" in person.get("/").text
        del house.shop.roles["mira"]
        house.forget_rights()
        assert "octo/shop" not in person.get("/").text
        assert person.get("/r/octo/shop").status_code == 404

    def test_an_app_that_is_suspended_or_gone_shows_nothing(self, house: House) -> None:
        person = house.person("mira")
        house.installed.suspended = "2026-03-02T09:00:00Z"
        assert "octo/shop" not in person.get("/").text
        assert house.standin.count(f"{LISTED}/") == 0  # GitHub said so already
        house.installed.suspended = None
        house.forget_rights()
        assert "octo/shop" in person.get("/").text
        del house.standin.world.installations[house.installed.id]
        house.forget_rights()
        assert "octo/shop" not in person.get("/").text

    def test_one_that_is_suspended_between_two_questions(self, house: House) -> None:
        person = house.person("mira")
        hold = house.standin.hold(r"^GET /user/installations/\d+/repositories", times=1)

        def suspend() -> None:
            hold.arrived.wait()
            house.installed.suspended = "2026-03-02T09:00:00Z"
            hold.release()

        threading.Thread(target=suspend, daemon=True).start()
        answer = person.get("/")
        assert answer.status_code == 200 and "octo/shop" not in answer.text

    def test_another_app_that_the_person_uses_is_none_of_ours(self, house: House) -> None:
        world = house.standin.world
        other = world.app("other")
        world.install(other, "eve")
        token = world.user_token(other, "eve", 100)
        told = rights.ask(Api(house.standin.url, token.value), house.app.id)
        assert (told.login, dict(told.reach)) == ("eve", {})

    @pytest.mark.parametrize("kind", [Kind.DROP, Kind.HTML, Kind.BAD_GATEWAY, Kind.SECONDARY_LIMIT, Kind.TOO_MANY])
    @pytest.mark.parametrize("where", ["^GET /user$", "^GET /user/installations$", r"^GET /user/installations/\d+/"])
    def test_where_github_is_away_nothing_is_shown(self, house: House, kind: Kind, where: str) -> None:
        person = house.person("mira")
        house.standin.fail(kind, where, times=9)
        for path in ("/", "/r/octo/shop"):
            answer = person.get(path)
            assert answer.status_code == 503 and "GitHub" in answer.text and "octo/shop" not in answer.text
            house.standin.closed_until = 0

    def test_a_form_of_answer_that_is_not_described_shows_nothing(self, house: House) -> None:
        assert rights.kept({"id": 1, "login": "x"}) is None
        assert rights.kept({"id": 1, "login": "x", "reach": {"a": {}}}) is None

    def test_a_repository_that_took_a_name_over_is_another(self, house: House) -> None:
        """mira's octo/shop was deleted; what is called so now is not hers to read, and hers is not in it."""
        world = house.standin.world
        world.delete("octo/shop")
        anew = world.repository("octo/shop", private=True)
        anew.roles["ravi"] = "read"
        add_review(house.ledger, repository_id=anew.id, repository="octo/shop", number=7, head="e" * 40)
        mira, ravi = house.person("mira"), house.person("ravi")
        assert mira.get("/r/octo/shop").status_code == 404
        assert ravi.get("/r/octo/shop/7").status_code == 303
        assert ravi.get("/r/octo/shop/1").status_code == 404


class TestTheToken:
    def test_one_that_github_ended_ends_the_session(self, house: House) -> None:
        person = house.person("mira")
        house.standin.world.tokens.clear()
        answer = person.get("/r/octo/shop?page=2")
        assert answer.location == "/signin?next=%2Fr%2Focto%2Fshop%3Fpage%3D2"
        assert house.queue.redis.keys("exogate:dashboard:*:who") == []
        assert person.get("/signin").status_code == 200

    def test_one_that_ran_out_ends_the_session(self, house: House) -> None:
        person = house.person("mira")
        house.standin.world.clock.advance(8 * 3600 + 1)
        assert str(person.get("/").location).startswith("/signin")

    def test_who_has_another_name_now_signs_in_again(self, house: House) -> None:
        """The name may be another's by now, and the App is asked about names."""
        person = house.person("mira")
        world = house.standin.world
        (token,) = world.tokens.values()
        token.user = type(token.user)("mira-new", token.user.id)
        answer = person.get("/")
        assert str(answer.location).startswith("/signin")
        assert person.get("/signin").status_code == 200


class TestWriting:
    @pytest.mark.parametrize(
        ("login", "may"), [("octo", True), ("mira", True), ("ravi", False), ("triager", False), ("keeper", True)]
    )
    def test_by_right(self, house: House, login: str, may: bool) -> None:
        house.shop.roles |= {"triager": "triage", "keeper": "maintain"}
        page = house.person(login).get(review_of(house)).text
        assert ('action="/r/octo/shop/1/rerun"' in page) is may

    def test_the_person_and_the_app_must_both_be_told_so(self, house: House) -> None:
        """As where the account lost the right a moment ago."""
        person = house.person("mira")
        person.get("/")
        house.shop.roles["mira"] = "read"
        assert answer_to_rerun(house, person).status_code == 403
        house.forget_rights()
        house.shop.roles["mira"] = "write"
        assert answer_to_rerun(house, person).status_code == 303

    def test_who_cannot_push_is_not_asked_about(self, house: House) -> None:
        person = house.person("ravi")
        assert answer_to_rerun(house, person).status_code == 403
        assert house.standin.count("GET /repos/octo/shop/collaborators") == 0

    def test_where_the_app_is_not_told_nothing_is_done(self, house: House) -> None:
        person = house.person("mira")
        token = person.token()
        house.standin.fail(Kind.DROP, "collaborators", times=5)
        answer = person.post("/r/octo/shop/1/rerun", head=HEAD, csrf_token=token)
        assert answer.status_code == 503 and house.jobs() == []


def answer_to_rerun(house: House, person: Person) -> TestResponse:
    return person.post("/r/octo/shop/1/rerun", head=HEAD, csrf_token=person.token())


class TestTheLocalOperator:
    def test_comes_by_the_link_and_sees_and_does_everything(self, house: House) -> None:
        person = Person(house.site(DOOR))
        assert person.get("/").status_code == 303
        assert "exogate up --local" in person.get("/signin").text
        answer = person.get(f"/signin/local?token={TOKEN}")
        assert (answer.status_code, answer.location) == (303, "/")
        page = person.get("/").text
        assert "octo/shop" in page and "eve/secret" in page
        assert answer_to_rerun(house, person).status_code == 303
        assert not house.standin.seen  # GitHub has no part in it

    @pytest.mark.parametrize("token", ["", "guess", "é", TOKEN[:-1], f"{TOKEN}x"])
    def test_needs_the_link(self, house: House, token: str) -> None:
        person = Person(house.site(DOOR))
        assert person.get("/signin/local", query_string={"token": token}).status_code == 403
        assert person.get("/").status_code == 303

    def test_is_nobody_where_the_door_is_not_open(self, house: House) -> None:
        operator = Person(house.site(DOOR))
        operator.get(f"/signin/local?token={TOKEN}")
        for door in (None, LocalDoor(Secret("of a later start"))):
            person = Person(house.site(door))
            person.client._cookies = operator.client._cookies
            assert person.get("/").status_code == 303
        assert Person(house.site()).get(f"/signin/local?token={TOKEN}").status_code == 404

    @pytest.mark.parametrize(
        "wrong",
        [
            {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}},
            {"environ_base": {"REMOTE_ADDR": "::ffff:192.0.2.7"}},
            {"environ_base": {"REMOTE_ADDR": ""}},
            {"base_url": "http://evil.example:8000"},  # DNS rebinding: the page's own name, made to point here
            {"base_url": "http://127.0.0.1.evil.example:8000"},
            {"base_url": "http://localhost.evil.example"},
            {"headers": {"X-Forwarded-For": "192.0.2.7"}},
            {"headers": {"Forwarded": "for=192.0.2.7"}},
            {"headers": {"X-Real-IP": "127.0.0.1"}},
            {"headers": {"Via": "1.1 proxy"}},
            {"headers": {"CF-Connecting-IP": "192.0.2.7"}},
        ],
    )
    def test_is_on_this_machine_without_a_way_around(self, house: House, wrong: dict[str, Any]) -> None:
        wrong = dict(wrong)
        person = Person(house.site(DOOR))
        answer = person.get(f"/signin/local?token={TOKEN}", **wrong)
        assert answer.status_code == 403 and "Set-Cookie" not in answer.headers
        person.get(f"/signin/local?token={TOKEN}")
        session = person.cookies()["exogate-8000"]
        cookie = "; ".join(f"{name}={session}" for name in ("exogate-8000", "exogate-80", "__Host-exogate"))
        other = Person(house.site(DOOR))
        other.client = other.client.application.test_client(use_cookies=False)
        assert other.get("/", headers={"Cookie": cookie}).status_code == 200
        headers = {**wrong.pop("headers", {}), "Cookie": cookie}
        assert other.get("/", headers=headers, **wrong).status_code == 303

    @pytest.mark.parametrize(
        "host", ["127.0.0.1:8000", "localhost:8000", "127.9.9.9", "[::1]:8000", "localhost", "::1"]
    )
    def test_this_machine_has_several_names(self, host: str) -> None:
        assert is_loopback(host)

    @pytest.mark.parametrize(
        "host",
        ["", "0.0.0.0", "10.0.0.1", "evil.example", "localhost.evil.example", "127.0.0.1@evil.example", "[", "::"],
    )
    def test_other_machines_have_others(self, host: str) -> None:
        assert not is_loopback(host)

    def test_is_called_what_nobody_on_github_can_be_called(self, house: House) -> None:
        assert " " in OPERATOR


def test_the_door_looks_at_each_request() -> None:
    app = Flask("x")
    with app.test_request_context(base_url="http://localhost:8000", environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        assert DOOR.knows(request, DOOR.mark) and not DOOR.knows(request, "x")
    with app.test_request_context(base_url="http://evil.example", environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        assert not DOOR.knows(request, DOOR.mark)
