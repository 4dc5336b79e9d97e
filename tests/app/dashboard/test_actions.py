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
from webhooks.ledger import LedgerDeliveries

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

WORD = {"head": HEAD, "value": "human", "reason": "I sat beside her."}


def say(person: Person, path: str = "/r/octo/shop/1/provenance", **change: Any) -> TestResponse:
    headers = change.pop("headers", None)
    return person.post(path, **{"csrf_token": person.token(), **WORD, **change}, headers=headers)


class TestAWord:
    def test_is_put_into_the_queue_as_said(self, house: House) -> None:
        answer = say(house.person("mira"), reason="  I sat\r\n beside   her. ")
        (job,) = house.jobs()
        assert (answer.status_code, answer.location) == (303, f"/r/octo/shop/1?said=written&ask={job.delivery}")
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


class TestWhatBecameOfAWord:
    """It is asked for here and written down elsewhere, by a worker that may refuse it."""

    def asked(self, house: House, person: Person) -> tuple[str, str]:
        """Ask; return the page that is shown then, and the delivery's id."""
        where = say(person).location
        house.queue.outbox.drain(LedgerDeliveries(house.ledger))
        (job,) = house.jobs()
        return str(person.get(where).location), job.delivery

    def test_is_that_it_waits(self, house: House) -> None:
        person = house.person("mira")
        path, _ = self.asked(house, person)
        text = person.get(path).text
        assert "It waits for a worker to write it down." in text
        assert "waits for a worker</span>" in text and "says human" in text

    def test_is_that_it_was_written(self, house: House) -> None:
        person = house.person("mira")
        path, id_ = self.asked(house, person)
        house.ledger.override(
            repository_id=house.shop.id, number=1, head=HEAD, actor="mira", kind="provenance", value="human",
            reason="I sat beside her.", delivery=id_,
        )  # fmt: skip
        house.ledger.delivery_done(id_, "done", "It was written down. Gates passed.")
        text = person.get(path).text
        assert "It was written down. Gates passed." in text
        assert "It was not written" not in text and "waits for a worker" not in text

    @pytest.mark.parametrize(("outcome", "badge"), [("done", "not written"), ("failed", "failed")])
    def test_is_that_it_was_refused_and_why(self, house: House, outcome: str, badge: str) -> None:
        person = house.person("mira")
        path, id_ = self.asked(house, person)
        why = "mira may not write to this repository, so nothing was changed."
        house.ledger.delivery_done(id_, outcome, why)
        assert f"It was not written down. {why}" in person.get(path).text
        later = person.get(path.partition("?")[0]).text
        assert f"{badge}</span>" in later and why in later, "also for who comes later"
        assert "Asked for on the dashboard: says human" in later

    def test_of_another_pull_request_is_not_told_here(self, house: House) -> None:
        house.ledger.delivery("dashboard-x", "dashboard", "says human", 1, house.secret.id, number=1)
        house.ledger.delivery_done("dashboard-x", "done", "a secret sentence")
        text = house.person("mira").get("/r/octo/shop/reviews/1?said=written&ask=dashboard-x").text
        assert "a secret sentence" not in text

    def test_stands_among_the_deliveries(self, house: House) -> None:
        person = house.person("mira")
        self.asked(house, person)
        assert "dashboard says human" in person.get("/deliveries").text


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

        monkeypatch.setattr(JobQueue, "take", away)
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
