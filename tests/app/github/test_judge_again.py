"""Judging a reviewed change by another policy: what gates say is told, and nothing else happens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra: pip install 'exogate[app]'")
pytest.importorskip("rq", reason="needs the extra: pip install 'exogate[app]'")

from app.dashboard.services import OPERATOR
from app.github.errors import MissingError
from app.judge_again import judge_again
from app.simulate import Kept, Ran, Reviewed, Simulation
from gates.decision import Decision
from gates.presets import preset
from gates.registry import get
from gates.verdict import Outcome
from tests.app.github.desk import BY_AI, GOOD, Desk, desk
from tests.services.redis import redis, shared_redis
from webhooks import jobs
from webhooks.perform import Turn
from webhooks.performer import AppPerformer
from webhooks.simulated import SimulatedVerdicts

if TYPE_CHECKING:
    from redis import Redis

    from tests.services.redis import RedisServer

__all__ = ["desk", "redis", "shared_redis"]
pytestmark = pytest.mark.sandbox

LEAKS = {"shop.py": 'KEY = "AKIAQ3EGRT5ZLMNOPQ7X"\n\n\ndef price(x):\n    return x\n'}


def reviewed(desk: Desk, files: dict[str, str]) -> tuple[int, str]:
    """Push and review; return the review's id and the head."""
    head = desk.push(files, BY_AI)
    desk.review(head)
    row = desk.services.ledger.latest_review(desk.base.id, 1, head)
    assert row is not None
    return row.id, head


def again(desk: Desk, review_id: int, **change: Any) -> Ran:
    asked: dict[str, Any] = {"policy": preset("standard"), "gates": ("compile", "secrets"), **change}
    return judge_again(desk.services, desk.installation.id, "octo/shop", review_id, **asked)


def test_the_gates_that_were_asked_for_judge_the_commits_of_the_review(desk: Desk) -> None:
    review_id, _ = reviewed(desk, LEAKS)
    desk.push({"shop.py": "def price(x):\n    return x\n"})  # mended since
    runs, before = desk.runs(), len(desk.services.ledger.reviews(desk.base.id, 1))
    ran = again(desk, review_id)
    assert ran.status == "ai-declared"
    assert {name: kept.outcome for name, kept in ran.verdicts.items()} == {
        "compile": Outcome.ACCEPT,
        "secrets": Outcome.REJECT,
    }
    assert ran.verdicts["secrets"].version == get("secrets").version
    assert desk.runs() == runs and len(desk.services.ledger.reviews(desk.base.id, 1)) == before


def test_what_is_no_review_or_anothers_is_not_judged(desk: Desk) -> None:
    review_id, _ = reviewed(desk, GOOD)
    with pytest.raises(MissingError, match="no review 99"):
        again(desk, 99)
    desk.base.id += 1  # the name is another repository's now
    with pytest.raises(MissingError, match="another repository"):
        again(desk, review_id)


def test_the_job_keeps_what_was_said_for_the_simulation(
    desk: Desk, redis: Redis, shared_redis: RedisServer, tmp_path: Path
) -> None:
    review_id, head = reviewed(desk, LEAKS)
    services = replace(desk.services, settings=replace(desk.services.settings, redis_url=shared_redis.url))
    job = jobs.Judge(
        desk.installation.id, desk.base.id, "octo/shop", 1, "dashboard-1", head, review_id, "standard", ("secrets",)
    )
    done = AppPerformer(services).perform(job, Turn("dashboard-1", 1, lambda: None))
    assert done == "1 gates of standard judged it for a simulation."
    kept = SimulatedVerdicts(redis)
    ran = kept.of(preset("standard").hash, [review_id, 99])
    assert list(ran) == [review_id] and ran[review_id].verdicts["secrets"].outcome is Outcome.REJECT
    told = Reviewed("sha256:unknown", Decision.ACCEPT, "undeclared", ())
    simulation = Simulation(preset("standard"), {}, get)
    assert simulation.of(told).decision is None
    assert simulation.of(told, ran[review_id]).decision is Decision.REJECT


def test_a_policy_of_the_repositorys_own_is_taken_from_the_ledger(
    desk: Desk, redis: Redis, shared_redis: RedisServer
) -> None:
    review_id, head = reviewed(desk, LEAKS)
    (row,) = desk.services.ledger.reviews(desk.base.id, 1)
    own = row.policy_hash
    services = replace(desk.services, settings=replace(desk.services.settings, redis_url=shared_redis.url))
    where = (desk.installation.id, desk.base.id, "octo/shop", 1, "dashboard-1", head, review_id)
    done = AppPerformer(services).perform(jobs.Judge(*where, own, ("secrets",)), Turn("dashboard-1", 1, lambda: None))
    assert done == f"1 gates of {row.policy} judged it for a simulation."
    assert SimulatedVerdicts(redis).of(own, [review_id])[review_id].verdicts["secrets"].outcome is Outcome.REJECT
    with pytest.raises(MissingError, match="the ledger has none of this hash"):
        AppPerformer(services).perform(jobs.Judge(*where, "f" * 64, ("secrets",)), Turn("x", 1, lambda: None))


def test_the_operators_word_needs_no_account_on_github(desk: Desk) -> None:
    _, head = reviewed(desk, GOOD)
    where = (desk.installation.id, desk.base.id, "octo/shop", 1, "dashboard-2")
    word = jobs.Override(*where, head, OPERATOR, "button", "human", "I saw it written", by_operator=True)
    said = AppPerformer(desk.services).perform(word, Turn("dashboard-2", 1, lambda: None))
    assert said.startswith("It was written down.")
    (row,) = desk.services.ledger.overrides(desk.base.id, 1)
    assert (row.actor, row.value, row.delivery) == (OPERATOR, "human", "dashboard-2")
    assert any("human" in label for label in desk.labels())
    claimed = replace(word, by_operator=False)
    said = AppPerformer(desk.services).perform(claimed, Turn("dashboard-3", 1, lambda: None))
    assert "may not write" in said and len(desk.services.ledger.overrides(desk.base.id, 1)) == 1


class TestWhatWasRun:
    NOW = get("compile").version

    def simulated(self, ran: Ran | None) -> Any:
        told = Reviewed("sha256:unknown", Decision.ACCEPT, "undeclared", ())
        return Simulation(preset("compile"), {}, get).of(told, ran)

    def kept(self, outcome: Outcome, version: str | None) -> Ran:
        return Ran("undeclared", {"compile": Kept("compile", outcome, "said", version)})

    def test_decides(self) -> None:
        assert self.simulated(None).decision is None
        assert self.simulated(self.kept(Outcome.ACCEPT, self.NOW)).decision is Decision.ACCEPT
        assert self.simulated(self.kept(Outcome.REJECT, self.NOW)).by == ("compile",)

    @pytest.mark.parametrize("version", [None, "0"])
    def test_by_an_older_gate_does_not(self, version: str | None) -> None:
        assert self.simulated(self.kept(Outcome.ACCEPT, version)).decision is None

    def test_is_kept_beside_what_was_run_before(self, redis: Redis) -> None:
        store = SimulatedVerdicts(redis)
        store.put("h", 1, self.kept(Outcome.ACCEPT, "1"))
        more = Ran("undeclared", {"lint": Kept("lint", Outcome.REJECT, "x", "2")})
        store.put("h", 1, more)
        assert set(store.of("h", [1])[1].verdicts) == {"compile", "lint"}
        store.put("h", 1, replace(more, status="ai-declared"))  # read otherwise now, so the rest does not count
        assert set(store.of("h", [1])[1].verdicts) == {"lint"}
        assert store.of("h", []) == {} and store.of("other", [1]) == {}

    @pytest.mark.parametrize("raw", [b"", b"x", b"{}", b'{"status": "x", "verdicts": {"a": {}}}'])
    def test_that_cannot_be_read_is_none(self, redis: Redis, raw: bytes) -> None:
        redis.hset("exogate:simulated:h", "1", raw)
        assert SimulatedVerdicts(redis).of("h", [1]) == {}
