"""The keeper: one of many looks at a time, and what it cannot do now it does later."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from app.github.errors import LostError
from webhooks.deliveries import RecordError
from webhooks.intake import AwayError
from webhooks.keeper import Keeper
from webhooks.queue import JobQueue
from webhooks.redis_connection import connect

from .payloads import pulled
from .processes import Host, until

if TYPE_CHECKING:
    import pytest

    from tests.services.redis import RedisServer
    from tests.standin.server import StandIn


def test_every_look_is_had_though_one_fails(queue: JobQueue, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    def fails(error: Exception) -> int:
        seen.append(type(error).__name__)
        raise error

    def finds() -> int:
        seen.append("found")
        return 2

    errors = [LostError("GitHub is away."), RecordError("locked"), AwayError("away")]
    looks = [(f"look {number}", lambda error=error: fails(error)) for number, error in enumerate(errors)]
    keeper = Keeper(queue, [*looks, ("things mended", finds)])
    caplog.set_level("INFO")
    assert not keeper.look()
    assert seen == ["LostError", "RecordError", "AwayError", "found"]
    assert "look 0: not now: GitHub is away." in caplog.text
    assert "things mended: 2" in caplog.text
    assert Keeper(queue, [("x", lambda: 0)]).look()


def test_one_of_many_keepers_looks(queue: JobQueue) -> None:
    looks: list[str] = []

    def first() -> int:
        looks.append("first")
        assert Keeper(queue, [("second", lambda: looks.append("second") or 0)]).look()
        return 0

    keeper = Keeper(queue, [("first", first)])
    keeper.look()
    keeper.look()
    assert looks == ["first", "first"]


def test_a_keeper_that_died_in_a_look_is_not_waited_for_for_ever(queue: JobQueue) -> None:
    queue.redis.set("exogate:keeper", "dead", ex=900)
    ttl = queue.redis.ttl("exogate:keeper")
    assert isinstance(ttl, int)
    assert 0 < ttl <= 900
    looks: list[int] = []
    keeper = Keeper(queue, [("x", lambda: looks.append(1) or 0)])
    assert keeper.look()
    assert not looks
    queue.redis.delete("exogate:keeper")
    keeper.look()
    assert looks


def test_the_lease_of_another_is_not_given_back(queue: JobQueue) -> None:
    keeper = Keeper(queue, [("slow", lambda: int(not queue.redis.set("exogate:keeper", "another")))])
    keeper.look()
    assert queue.redis.get("exogate:keeper") == b"another"


def test_while_redis_is_away_nothing_is_looked_at(own_redis: RedisServer) -> None:
    keeper = Keeper(JobQueue(connect(own_redis.url)), [("x", lambda: 1)])
    own_redis.stop()
    assert not keeper.look()
    own_redis.start()
    assert keeper.look()


def test_a_lost_delivery_is_reviewed_by_the_processes_alone(host: Host, queue: JobQueue, standin: StandIn) -> None:
    """GitHub lost it on its way, nobody delivers it again, and nobody is asked to."""
    standin.world.clock.now = time.time() - 600
    app = standin.world.app("exogate")
    lost = standin.world.deliver(app, "pull_request", pulled("opened"), lost=True)
    host.environment |= {
        "GITHUB_API_URL": standin.url,
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_APP_PRIVATE_KEY": app.pem,
        "EXOGATE_KEEPER_SECONDS": "1",
    }
    keeper = host.start("-m", "webhooks.keeper")
    worker = host.worker()
    until(lambda: host.ledger.outcome(lost.guid) == "done", keeper, worker)
    assert len(host.told("begun", lost.guid)) == 1
    assert f"delivery {lost.guid} pull_request, not answered, was missed: queued" in host.log
    keeper.send_signal(signal.SIGTERM)
    assert keeper.wait(60) == 0
    assert app.pem[40:80] not in host.log
