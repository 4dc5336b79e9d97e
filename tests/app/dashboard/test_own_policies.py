"""Policies that repositories wrote themselves: known whole, they are simulated and shown like shipped ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.ledger.ledger import Ledger
from app.policy_kept import read_kept
from gates.policy import GateRule, Policy
from gates.presets import preset
from tests.app.dashboard.house import HEAD, House
from tests.app.dashboard.site import OTHER, OTHER_ID, Reader, site
from tests.app.dashboard.test_pages import read
from tests.app.ledger.build import ACCEPTING, NAME, REPOSITORY, add_review
from tests.app.ledger.conftest import clock, ledger
from webhooks.jobs import Judge

__all__ = ["clock", "ledger"]

OWN = Policy(name="ours", gates={"compile": GateRule(), "secrets": GateRule()})
STRICTER = Policy(name="theirs", gates={"compile": GateRule(), "base-tests": GateRule()})


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"


def judged(ledger: Ledger, policy: Policy, text: Any = None, **given: Any) -> int:
    told = {"name": policy.name, "hash": policy.hash, "source": "the base's .github/exogate.yml", "enforced": True}
    return add_review(ledger, ACCEPTING, policy=told, policy_text=text or policy.model_dump(mode="json"), **given)


class TestWhatIsKept:
    def test_is_the_policy(self) -> None:
        assert read_kept(OWN.hash, OWN.model_dump(mode="json")) == OWN

    @pytest.mark.parametrize(
        "text",
        [
            None,
            {},
            {"name": 1},
            STRICTER.model_dump(mode="json"),
            {"name": "gone", "gates": {"a-gate-that-is-not-installed": {}}},
            {"name": "odd", "gates": {"lint": {"settings": {"no-such-setting": 1}}}},
        ],
    )
    def test_is_none_where_it_would_judge_otherwise_now(self, text: Any) -> None:
        assert read_kept(OWN.hash, text) is None


def test_a_repositorys_own_policies_are_offered_there_and_nowhere_else(ledger: Ledger) -> None:
    judged(ledger, STRICTER, number=1)
    judged(ledger, OWN, number=2)
    judged(ledger, preset("strict"), number=3)
    judged(ledger, Policy(name="elsewhere"), number=1, repository=OTHER, repository_id=OTHER_ID)
    page = read(site(ledger, Reader(ids=frozenset({REPOSITORY}))).get(f"/r/{NAME}/simulate").text).text
    assert f"ours (its own until 2026-08-01, {OWN.hash[:7]})" in page and "theirs (its own until" in page
    assert "elsewhere" not in page and page.count("strict") >= 1


def test_its_present_policy_is_said_so_and_simulated(ledger: Ledger) -> None:
    judged(ledger, STRICTER, number=1)
    judged(ledger, OWN, number=2)
    browser = site(ledger)
    page = read(browser.get(f"/r/{NAME}/simulate?policy={OWN.hash}").text).text
    assert f"ours (its own now, {OWN.hash[:7]})" in page
    assert "What would ours have decided?" in " ".join(page.split())
    assert "secrets on 2 pull requests" in page or "secrets on 1 pull request" in page
    for nothing in ("f" * 64, "<script>", "../x"):
        assert "What would strict have decided?" in read(browser.get(f"/r/{NAME}/simulate?policy={nothing}").text).text


def test_a_text_that_cannot_be_read_is_not_offered(ledger: Ledger) -> None:
    judged(ledger, OWN, text={"name": "<script>alert(1)</script>"}, number=1)
    browser = site(ledger)
    answer = browser.get(f"/r/{NAME}/simulate?policy={OWN.hash}")
    assert answer.status_code == 200 and "its own" not in answer.text and "<script>alert" not in answer.text
    assert browser.get(f"/policies/{OWN.hash}").status_code == 200


def test_its_page_shows_what_judges(ledger: Ledger) -> None:
    judged(ledger, OWN, number=1)
    text = read(site(ledger).get(f"/policies/{OWN.hash}").text).text
    assert "secrets blocks" in text and "exogate policy check" not in text
    assert site(ledger, Reader(ids=frozenset({OTHER_ID}))).get(f"/policies/{OWN.hash}").status_code == 404


def test_its_missing_gates_are_run_by_who_may_write(house: House) -> None:
    judged(
        house.ledger, OWN, number=1, head=HEAD, repository_id=house.shop.id, repository="octo/shop",
        installation=house.installed.id,
    )  # fmt: skip
    person = house.person("mira")
    form = {"csrf_token": person.token(), "repository": "octo/shop"}
    answer = person.post("/simulate/run", policy=OWN.hash, **form)
    assert (answer.status_code, answer.location) == (303, f"/r/octo/shop/simulate?policy={OWN.hash}&said=judging")
    (job,) = house.jobs()
    assert isinstance(job, Judge) and (job.policy, job.gates) == (OWN.hash, ("secrets",))
    assert person.post("/simulate/run", policy=STRICTER.hash, **form).status_code == 400
