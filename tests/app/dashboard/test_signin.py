"""Signing in and out: with GitHub, against those who would be somebody else or lead people elsewhere."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from app.dashboard.origin import own_path
from app.dashboard.session import IDLE, LONGEST, WHO, Sessions, cookie_name
from app.dashboard.session_vault import Vault, new_number
from app.settings import Secret
from tests.app.dashboard.house import HERE, House, Person, at_github
from tests.standin.faults import Kind

if TYPE_CHECKING:
    from redis import Redis

COOKIE, TRY = "exogate-8000", "exogate-signin-8000"
EXCHANGE = "^POST /login/oauth/access_token"


def test_somebody_signs_in_with_github_and_sees_their_repositories(house: House) -> None:
    person = house.person()
    answer = person.get("/")
    assert (answer.status_code, answer.location) == (303, "/signin?next=%2F")
    assert "Sign in with GitHub" in person.get("/signin").text
    answer = person.sign_in("mira")
    assert answer.location == "/"
    page = person.get("/").text
    assert "octo/shop" in page and "mira" in page and "eve/secret" not in page
    assert person.get("/signin").location == "/"
    assert len(house.standin.world.tokens) == 1


def test_they_come_back_to_the_page_that_they_wanted(house: House) -> None:
    person = house.person()
    asked = str(person.get("/r/octo/shop?page=2").location)
    assert asked == "/signin?next=%2Fr%2Focto%2Fshop%3Fpage%3D2"
    assert 'href="/signin/github?next=%2Fr%2Focto%2Fshop%3Fpage%3D2"' in person.get(asked).text
    answer = person.sign_in("mira", "/signin/github?next=%2Fr%2Focto%2Fshop%3Fpage%3D2")
    assert answer.location == "/r/octo/shop?page=2"


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/", "/\\evil.example", "https://evil.example/", "evil.example", "/\t/evil.example", "",
        "\r\nX: y", "/%0d%0aSet-Cookie:%20a=b\r\n", "javascript:alert(1)", "/signin", "/signout", "/a b", "/é",
        "/" + "a" * 2000, "///evil.example", "/x\x00",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(house: House, path: str) -> None:
    assert own_path(path) == "/"
    person = house.person()
    address = person.leave(f"/signin/github?next={quote(path, safe='')}")
    assert person.come_back(at_github(address, "mira")).location == "/"


@pytest.mark.parametrize(
    "path", ["/", "/queue", "/r/octo/shop/reviews/3?said=asked", "/r/o/n#part", "/policies/sha256"]
)
def test_own_paths_are_own(path: str) -> None:
    assert own_path(path) == path


def test_where_a_person_wants_to_go_cannot_be_changed_on_the_way(house: House) -> None:
    """The cookie is the browser's own; what stands in it besides the number is part of the state."""
    person = house.person()
    back = at_github(person.leave("/signin/github?next=/queue"), "mira")
    number = person.cookies()[TRY][:43]
    person.client.set_cookie(TRY, f"{number}/policies", domain="127.0.0.1")
    assert person.come_back(back).status_code == 403


def test_the_way_to_github_has_a_state_and_pkce_and_asks_for_no_scope(house: House) -> None:
    first, second = (parse_qs(urlsplit(house.person().leave()).query) for _ in range(2))
    assert first["client_id"] == [house.app.client_id] and first["redirect_uri"] == [f"{HERE}/signin/callback"]
    assert first["code_challenge_method"] == ["S256"] and "scope" not in first
    assert len(first["state"][0]) == len(first["code_challenge"][0]) == 43
    assert first["state"] != second["state"] and first["code_challenge"] != second["code_challenge"]


def test_cookies_are_for_the_browser_alone(house: House) -> None:
    person = house.person()
    begun = person.get("/signin/github").headers["Set-Cookie"]
    done = person.sign_in("mira").headers.getlist("Set-Cookie")
    session = next(cookie for cookie in done if cookie.startswith(f"{COOKIE}="))
    assert "Max-Age" not in session  # it ends with the browser
    for cookie in (begun, session):
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
        assert "Secure" not in cookie and "Domain" not in cookie
    assert any(cookie.startswith(f"{TRY}=;") for cookie in done)


def test_by_tls_cookies_are_of_this_host_alone(house: House) -> None:
    house.changes["public_url"] = "https://exogate.example.org"
    house.app.callbacks = ("https://exogate.example.org/signin/callback",)
    for inside in ("http", "https"):  # as a proxy that ends TLS asks, with and without saying so
        person = Person(house.site(), f"{inside}://exogate.example.org")
        begun = person.get("/signin/github")
        assert begun.headers["Set-Cookie"].startswith("__Host-exogate-signin=")
        assert "Secure" in begun.headers["Set-Cookie"]
    person.base = "https://exogate.example.org"
    cookies = person.sign_in("mira").headers.getlist("Set-Cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("__Host-exogate="))
    assert "Secure" in session and "HttpOnly" in session and "Path=/" in session and "Domain" not in session
    assert "octo/shop" in person.get("/").text


def test_nobody_signs_in_over_the_open_net(house: House) -> None:
    person = Person(house.site(), "http://exogate.example.org")
    assert "not encrypted" in person.get("/signin").text
    answer = person.get("/signin/github")
    assert answer.status_code == 403 and "Set-Cookie" not in answer.headers


def test_who_is_not_signed_in_costs_nothing_in_redis(house: House) -> None:
    person = house.person()
    for path in ("/", "/signin", "/signin/github", "/nowhere", "/signin/callback?state=x&code=y"):
        person.get(path)
    assert house.queue.redis.keys() == []


class TestSomebodyElse:
    def test_an_answer_that_this_browser_did_not_ask_for(self, house: House) -> None:
        """Who is sent a link with an attacker's code would work in the attacker's name."""
        attacker, victim = house.person(), house.person()
        back = at_github(attacker.leave(), "stranger")
        assert victim.come_back(back).status_code == 403
        victim.leave()
        answer = victim.come_back(back)
        assert answer.status_code == 403 and "does not belong" in answer.text
        assert victim.get("/").status_code == 303

    @pytest.mark.parametrize("change", ["state=", "state=x", "state=%C3%A9", "state=%ED%A0%80"])
    def test_another_state(self, house: House, change: str) -> None:
        person = house.person()
        code = parse_qs(urlsplit(at_github(person.leave(), "mira")).query)["code"][0]
        assert person.get(f"/signin/callback?code={code}&{change}").status_code == 403

    def test_another_browsers_cookie_without_its_state(self, house: House) -> None:
        """A stolen code is of no use without the number that proves it (PKCE)."""
        victim, attacker = house.person(), house.person()
        code = parse_qs(urlsplit(at_github(victim.leave(), "mira")).query)["code"][0]
        state = parse_qs(urlsplit(attacker.leave()).query)["state"][0]
        answer = attacker.get(f"/signin/callback?code={code}&state={state}")
        assert answer.status_code == 403 and "bad_verification_code" in answer.text

    def test_a_session_that_somebody_put_there_before(self, house: House) -> None:
        person = house.person()
        planted = new_number()
        person.client.set_cookie(COOKIE, planted, domain="127.0.0.1")
        person.sign_in("mira")
        assert person.cookies()[COOKIE] != planted
        other = house.person()
        other.client.set_cookie(COOKIE, planted, domain="127.0.0.1")
        assert other.get("/").status_code == 303

    def test_a_session_from_before_ends_when_somebody_signs_in_again(self, house: House) -> None:
        person = house.person("mira")
        before = person.cookies()[COOKIE]
        person.sign_in("ravi")
        other = house.person()
        other.client.set_cookie(COOKIE, before, domain="127.0.0.1")
        assert other.get("/").status_code == 303
        assert "ravi" in person.get("/").text

    @pytest.mark.parametrize("cookie", ["", "x", "../../x", "é", "a" * 43, "a" * 5000, "*" * 43])
    def test_a_guess(self, house: House, cookie: str) -> None:
        # As a header: the test's own client would warn of what no browser keeps.
        sent = {"Cookie": f"{COOKIE}={cookie}".encode().decode("latin-1")}
        assert house.person().get("/", headers=sent).status_code == 303


class TestGitHub:
    def test_declines(self, house: House) -> None:
        person = house.person()
        answer = person.come_back(at_github(person.leave(), "mira", agree="0"))
        assert answer.status_code == 403 and "declined" in answer.text
        assert person.get("/").status_code == 303

    def test_takes_a_code_once(self, house: House) -> None:
        person = house.person()
        back = at_github(person.leave(), "mira")
        kept = person.cookies()[TRY]
        assert person.come_back(back).status_code == 303
        person.client.set_cookie(TRY, kept, domain="127.0.0.1")
        assert person.come_back(back).status_code == 403

    def test_does_not_know_our_secret(self, house: House, caplog: pytest.LogCaptureFixture) -> None:
        house.changes["client_secret"] = Secret("not-this-one")
        person = house.person()
        answer = person.come_back(at_github(person.leave(), "mira"))
        assert answer.status_code == 403 and "incorrect_client_credentials" in answer.text
        assert "not-this-one" not in caplog.text + answer.text

    def test_does_not_know_our_address(self, house: House) -> None:
        house.app.callbacks = ("http://127.0.0.1:9/signin/callback",)
        assert "redirect_uri_mismatch" in at_github(house.person().leave(), "mira")

    @pytest.mark.parametrize("kind", [Kind.DROP, Kind.DROP_AFTER, Kind.HTML, Kind.BAD_GATEWAY, Kind.TRUNCATED_AFTER])
    @pytest.mark.parametrize("where", [EXCHANGE, "^GET /user$"])
    def test_gives_no_answer(self, house: House, caplog: pytest.LogCaptureFixture, kind: Kind, where: str) -> None:
        person = house.person()
        back = at_github(person.leave(), "mira")
        house.standin.fail(kind, where, times=5)
        answer = person.come_back(back)
        assert answer.status_code == 502 and "Sign in again" in answer.text
        assert person.get("/").status_code == 303
        assert not any(secret in caplog.text + answer.text for secret in _secrets(house))

    @pytest.mark.parametrize("code", ["", "a b", "x" * 300, "../x", "%C3%A9"])
    def test_is_not_asked_about_what_is_no_code(self, house: House, code: str) -> None:
        person = house.person()
        state = parse_qs(urlsplit(person.leave()).query)["state"][0]
        assert person.get(f"/signin/callback?state={state}&code={code}").status_code == 400
        assert house.standin.count("POST /login") == 0

    def test_is_not_asked_without_an_id(self, house: House) -> None:
        house.changes["client_id"] = None
        person = house.person()
        assert "GITHUB_APP_CLIENT_ID" in person.get("/signin").text
        assert person.get("/signin/github").status_code == 503


def _secrets(house: House) -> list[str]:
    return [house.app.client_secret, *house.standin.world.tokens]


class TestSigningOut:
    def test_ends_the_session_and_the_token(self, house: House) -> None:
        person = house.person("mira")
        number = person.cookies()[COOKIE]
        (token,) = house.standin.world.tokens
        answer = person.post("/signout", csrf_token=person.token())
        assert (answer.status_code, answer.location) == (303, "/signin")
        assert token not in house.standin.world.tokens
        assert house.queue.redis.keys("exogate:dashboard:*:who") == []
        person.client.set_cookie(COOKIE, number, domain="127.0.0.1")
        assert person.get("/").status_code == 303

    def test_needs_a_form_of_ours(self, house: House) -> None:
        person = house.person("mira")
        assert person.get("/signout").status_code == 405
        assert person.post("/signout").status_code == 403
        assert person.get("/").status_code == 200

    @pytest.mark.parametrize("kind", [Kind.DROP, Kind.BAD_GATEWAY, Kind.TOO_MANY])
    def test_does_not_wait_for_github(self, house: House, kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
        person = house.person("mira")
        house.standin.fail(kind, "^DELETE /applications/", wait=0)
        assert person.post("/signout", csrf_token=person.token()).status_code == 303
        assert person.get("/").status_code == 303
        assert "could not be ended" in caplog.text
        assert not any(secret in caplog.text for secret in _secrets(house))


class TestWhatRedisKeeps:
    def test_nothing_of_a_person_can_be_read_there(self, house: House, redis: Redis) -> None:
        person = house.person("mira")
        person.get("/")
        (token,) = house.standin.world.tokens
        number = person.cookies()[COOKIE]
        keys = redis.keys()
        assert len(keys) == 2  # who it is, and what GitHub said of their rights
        for key in keys:
            whole = b"".join([cast("bytes", key), cast("bytes", redis.get(key))])
            assert not any(word.encode() in whole for word in (token, number, "mira", "octo", str(house.shop.id)))
            assert 0 < redis.ttl(key) <= IDLE

    def test_what_others_put_there_is_nobody(self, house: House, redis: Redis) -> None:
        person, other = house.person("mira"), house.person("ravi")
        person.get("/")
        one, two = sorted(redis.keys("exogate:dashboard:*:who"))
        redis.set(one, cast("bytes", redis.get(two)))  # another's session under this one's name
        redis.set(two, b"short")
        assert person.get("/").status_code == other.get("/").status_code == 303

    def test_a_session_ends_by_itself(self, house: House, redis: Redis) -> None:
        now = 1_000_000.0
        vault = Vault(redis)
        number = new_number()
        vault.write(number, WHO, {"kind": "github", "ends": now + LONGEST}, IDLE)
        app = house.site()
        sessions = Sessions(vault, lambda request: HERE, lambda: now)
        with app.test_request_context(base_url=HERE, headers={"Cookie": f"{COOKIE}={number}"}) as context:
            assert sessions.open_session(app, context.request).number == number
            now += LONGEST
            assert sessions.open_session(app, context.request).number is None

    def test_each_request_keeps_it_for_a_while(self, house: House, redis: Redis) -> None:
        person = house.person("mira")
        (key,) = redis.keys("exogate:dashboard:*:who")
        redis.expire(key, 100)
        person.get("/")
        assert IDLE - 60 < redis.ttl(key) <= IDLE

    def test_without_redis_nobody_is_known_and_it_says_so(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        from redis import Redis as Client

        person, stranger = house.person("mira"), house.person()
        back = at_github(stranger.leave(), "mira")
        away = Client(unix_socket_path="/nonexistent/redis")
        object.__setattr__(house.queue, "redis", away)
        gone = Person(house.site())
        gone.client = house.site().test_client()
        gone.client._cookies = person.client._cookies  # the same browser, another process
        for path in ("/", "/signin", "/r/octo/shop"):
            answer = gone.get(path)
            assert answer.status_code == 503 and "Redis does not answer" in answer.text
        late = Person(house.site())
        late.client._cookies = stranger.client._cookies
        answer = late.come_back(back)
        assert answer.status_code == 503
        assert not any(cookie.startswith(f"{COOKIE}=") for cookie in answer.headers.getlist("Set-Cookie"))


def test_cookies_have_names_by_their_place() -> None:
    assert cookie_name("https://exogate.example.org") == "__Host-exogate"
    assert cookie_name("http://127.0.0.1:8001") == "exogate-8001"
    assert cookie_name("http://exogate.example.org") == "__Host-exogate"


def test_signing_in_and_out_is_logged_without_a_secret(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person = house.person("mira")
    number = person.cookies()[COOKIE]
    secrets = _secrets(house)
    person.post("/signout", csrf_token=person.token())
    assert "mira signed in" in caplog.text
    assert not any(secret in caplog.text for secret in (*secrets, number))
