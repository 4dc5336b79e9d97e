"""What people have done: only what they may, only by our own forms, and only about what the ledger knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from itsdangerous import URLSafeTimedSerializer

from app.dashboard.actions import LONGEST_REASON
from app.dashboard.services import OPERATOR
from tests.app.dashboard.house import HEAD, OTHER_HEAD, House, Person
from tests.app.dashboard.test_access import DOOR, TOKEN
from webhooks.jobs import Judge, Override, ReviewHead

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

WORD = {"head": HEAD, "value": "human", "reason": "I sat beside her."}


def say(person: Person, path: str = "/r/octo/shop/1/provenance", **change: Any) -> TestResponse:
    headers = change.pop("headers", None)
    return person.post(path, **{"csrf_token": person.token(), **WORD, **change}, headers=headers)


class TestAWord:
    def test_is_put_into_the_queue_as_said(self, house: House) -> None:
        answer = say(house.person("mira"), reason="  I sat\r\n beside   her. ")
        assert (answer.status_code, answer.location) == (303, "/r/octo/shop/1?said=written")
        (job,) = house.jobs()
        assert isinstance(job, Override)
        assert (job.repository_id, job.repository, job.number, job.head) == (house.shop.id, "octo/shop", 1, HEAD)
        assert (job.actor, job.kind, job.value, job.reason) == ("mira", "button", "human", "I sat beside her.")
        assert job.installation == house.installed.id and not job.by_operator
        assert job.delivery.startswith("dashboard-")

    def test_of_the_local_operator_says_whose_it_is(self, house: House) -> None:
        person = Person(house.site(DOOR))
        person.get(f"/signin/local?token={TOKEN}")
        assert say(person, path="/r/eve/secret/1/provenance", head=OTHER_HEAD).status_code == 303
        (job,) = house.jobs()
        assert isinstance(job, Override) and job.by_operator and job.actor == OPERATOR

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"value": "robot"}, 400),
            ({"value": ""}, 400),
            ({"reason": " \n "}, 400),
            ({"reason": "x" * (LONGEST_REASON + 1)}, 400),
            ({"head": ""}, 400),
            ({"head": "main"}, 400),
            ({"head": "B" * 40}, 400),
            ({"head": "c" * 40}, 404),  # a head that was never reviewed
            ({"head": OTHER_HEAD}, 404),  # another repository's
            ({"path": "/r/octo/shop/2/provenance"}, 404),
            ({"path": "/r/octo/shop/99999999999999999999/provenance"}, 404),
            ({"path": "/r/octo/nowhere/1/provenance"}, 404),
            ({"path": "/r/eve/secret/1/provenance", "head": OTHER_HEAD}, 404),
        ],
    )
    def test_about_nothing_or_of_nothing_is_refused(self, house: House, change: dict[str, str], status: int) -> None:
        answer = say(house.person("mira"), **change)
        assert answer.status_code == status and house.jobs() == []

    def test_is_not_for_who_may_only_read(self, house: House) -> None:
        answer = say(house.person("ravi"))
        assert answer.status_code == 403 and "not write" in answer.text and house.jobs() == []

    def test_is_not_for_strangers_and_tells_them_nothing(self, house: House) -> None:
        stranger = house.person("stranger")
        real, none = say(stranger), say(stranger, path="/r/octo/nowhere/1/provenance")
        assert (real.status_code, real.text) == (none.status_code, none.text) and real.status_code == 404
        assert house.jobs() == []

    def test_is_kept_as_it_is_and_runs_nowhere(self, house: House) -> None:
        evil = "<script>alert(1)</script> ${7*7} {{7*7}} \u202e"
        assert say(house.person("mira"), reason=evil).status_code == 303
        (job,) = house.jobs()
        assert isinstance(job, Override) and job.reason == evil.strip()


class TestARerun:
    def test_is_put_into_the_queue(self, house: House) -> None:
        person = house.person("mira")
        answer = person.post("/r/octo/shop/1/rerun", head=HEAD, csrf_token=person.token())
        assert (answer.status_code, answer.location) == (303, "/r/octo/shop/1?said=asked")
        (job,) = house.jobs()
        assert isinstance(job, ReviewHead) and job.again and (job.number, job.head) == (1, HEAD)
        assert "mira" in job.reason

    def test_of_a_head_that_is_none_any_more_is_not(self, house: House) -> None:
        newer = ReviewHead(
            house.installed.id, house.shop.id, "octo/shop", 1, "c" * 40, None, "push", "d-1", updated=1_800_000_000
        )
        house.queue.put(newer, "d-1")
        person = house.person("mira")
        assert person.post("/r/octo/shop/1/rerun", head=HEAD, csrf_token=person.token()).status_code == 303
        assert house.jobs() == [newer]


class TestForms:
    @pytest.mark.parametrize("token", ["", "x", "é", "IjEi.x.y", "a" * 5000])
    def test_without_our_token_do_nothing(self, house: House, token: str) -> None:
        answer = say(house.person("mira"), csrf_token=token)
        assert answer.status_code == 403 and house.jobs() == []

    def test_with_anothers_token_do_nothing(self, house: House) -> None:
        attacker = house.person("stranger")
        answer = say(house.person("mira"), csrf_token=attacker.token())
        assert answer.status_code == 403 and house.jobs() == []

    def test_with_a_token_from_before_signing_in_again_do_nothing(self, house: House) -> None:
        person = house.person("mira")
        before = person.token()
        person.sign_in("mira")
        assert say(person, csrf_token=before).status_code == 403
        assert say(person).status_code == 303

    def test_with_a_token_in_the_address_do_nothing(self, house: House) -> None:
        person = house.person("mira")
        answer = person.post(f"/r/octo/shop/1/provenance?csrf_token={person.token()}", **WORD)
        assert answer.status_code == 403

    def test_with_a_token_that_we_did_not_sign_do_nothing(self, house: House) -> None:
        forged = URLSafeTimedSerializer("guess", salt="wtf-csrf-token").dumps("0" * 40)
        assert say(house.person("mira"), csrf_token=forged).status_code == 403

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "x"])
    def test_that_the_browser_says_are_anothers_do_nothing(self, house: House, site: str) -> None:
        answer = say(house.person("mira"), headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403 and house.jobs() == []
        assert say(house.person("mira"), headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303

    def test_of_nobody_do_nothing(self, house: House) -> None:
        answer = house.person().post("/r/octo/shop/1/provenance", **WORD)
        assert answer.status_code == 403 and "Sign in" in answer.text and house.jobs() == []

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
    def test_are_posted(self, house: House, method: str) -> None:
        person = house.person("mira")
        answer = person.client.open("/r/octo/shop/1/provenance", method=method, base_url=person.base, data=WORD)
        assert answer.status_code in (403, 405) and house.jobs() == []

    def test_are_small(self, house: House) -> None:
        person = house.person("mira")
        assert say(person, reason="x" * 40_000).status_code == 413
        assert house.jobs() == []

    def test_cannot_speak_where_redis_is_away(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        from redis.exceptions import ConnectionError as AwayError

        from webhooks.queue import JobQueue

        def away(*args: object) -> None:
            raise AwayError("a secret address")

        monkeypatch.setattr(JobQueue, "put", away)
        answer = say(house.person("mira"))
        assert answer.status_code == 503 and "nothing can be asked for" in answer.text
        assert "a secret address" not in answer.text


class TestRunningWhatIsMissing:
    def ask(self, person: Person, **change: str) -> TestResponse:
        form = {"csrf_token": person.token(), "repository": "octo/shop", "policy": "strict", **change}
        return person.post("/simulate/run", **form)

    def test_asks_for_the_gates_that_decide_of_each_change(self, house: House) -> None:
        person = house.person("mira")
        answer = self.ask(person)
        assert (answer.status_code, answer.location) == (303, "/r/octo/shop/simulate?policy=strict&said=judging")
        (job,) = house.jobs()
        assert isinstance(job, Judge)
        assert (job.repository_id, job.number, job.head, job.policy) == (house.shop.id, 1, HEAD, "strict")
        assert "base-tests" in job.gates and "duplication" not in job.gates  # which only advises
        self.ask(person)
        assert len(house.jobs()) == 1  # it is in the queue already

    def test_waits_for_no_review(self, house: House) -> None:
        person = house.person("mira")
        self.ask(person)
        person.post("/r/octo/shop/1/rerun", head=HEAD, csrf_token=person.token())
        assert len(house.queue.rq.job_ids) == 2  # both may be done now: they have lanes of their own

    @pytest.mark.parametrize(
        ("login", "change", "status"),
        [
            ("mira", {"policy": "../../etc/passwd"}, 400),
            ("mira", {"policy": ""}, 400),
            ("mira", {"repository": "eve/secret"}, 404),
            ("mira", {"repository": "octo/nowhere"}, 404),
            ("mira", {"repository": ""}, 404),
            ("mira", {"repository": "a/b/c"}, 404),
            ("ravi", {}, 403),
            ("stranger", {}, 404),
            ("mira", {"csrf_token": "x"}, 403),
        ],
    )
    def test_is_refused(self, house: House, login: str, change: dict[str, str], status: int) -> None:
        answer = self.ask(house.person(login), **change)
        assert answer.status_code == status and house.jobs() == []
