"""What was taken reaches the ledger, once, however the ledger, Redis and drainers fail."""

from __future__ import annotations

import json
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from app.ledger.models import Delivery as Row
from app.ledger.models import DeliveryOutcome
from webhooks.deliveries import DONE, NOTHING, SUPERSEDED, Delivery, Entry, RecordError
from webhooks.intake import Intake, Taken
from webhooks.outbox import Outbox, entry_of, row_of
from webhooks.queue import JobQueue

from .memory import Memory
from .payloads import APP, BOT, pulled
from .processes import Host, until

if TYPE_CHECKING:
    from tests.services.redis import RedisServer

DELIVERY = Delivery("d-1", "pull_request", "opened", 5, 11, datetime(2026, 5, 4, 12, tzinfo=UTC))
NOBODY = pulled("labeled", label={"name": "x"}, sender=BOT)


def of(number: int) -> dict[str, Any]:
    """Return a payload of a repository of its own."""
    return {**pulled("opened"), "repository": {"id": number + 1, "full_name": "octo/shop"}}


def counts(host: Host) -> tuple[int, int, int]:
    """Return how many deliveries and outcomes the ledger has, and how many deliveries have an outcome."""
    with host.ledger.ledger.reading() as session:
        told = session.scalar(select(func.count(func.distinct(DeliveryOutcome.guid))))
        rows, outcomes = (session.scalar(select(func.count()).select_from(table)) for table in (Row, DeliveryOutcome))
        return rows or 0, outcomes or 0, told or 0


@pytest.mark.parametrize(
    "entry", [Entry(DELIVERY), Entry(replace(DELIVERY, action=None, number=9), SUPERSEDED, "W\u00e4re.")]
)
def test_an_entry_is_what_it_was(entry: Entry) -> None:
    assert entry_of(row_of(entry)) == entry


def test_an_entry_of_an_older_version_is_read() -> None:
    row = {name: value for name, value in json.loads(row_of(Entry(DELIVERY))).items() if name != "number"}
    assert entry_of(json.dumps(row)) == Entry(replace(DELIVERY, number=None))


def test_what_is_written_down_is_removed_and_what_is_not_stays(queue: JobQueue, memory: Memory) -> None:
    intake = Intake(queue, APP)
    for number in range(3):
        intake.take("pull_request", f"d-{number}", of(number))
    memory.away = True
    with pytest.raises(RecordError):
        queue.outbox.drain(memory)
    assert len(queue.outbox) == 3
    memory.away = False
    assert queue.outbox.drain(memory) == 3
    assert (list(memory.rows), len(queue.outbox), queue.outbox.drain(memory)) == (["d-0", "d-1", "d-2"], 0, 0)


def test_a_long_outbox_is_written_down_in_order(queue: JobQueue, memory: Memory) -> None:
    ids = [f"d-{number}" for number in range(1234)]
    with queue.redis.pipeline() as pipeline:
        for id_ in ids:
            pipeline.xadd(queue.outbox.key, {"delivery": row_of(Entry(replace(DELIVERY, id=id_)))})
        pipeline.execute()
    assert queue.outbox.drain(memory) == len(ids)
    assert list(memory.rows) == ids


@pytest.mark.parametrize("fields", [{"delivery": "{"}, {"delivery": "[]"}, {"delivery": '{"id": 1}'}, {"other": "x"}])
def test_what_is_no_delivery_is_set_aside(queue: JobQueue, memory: Memory, fields: dict[str, str]) -> None:
    queue.redis.xadd(queue.outbox.key, fields)
    queue.redis.xadd(queue.outbox.key, {"delivery": row_of(Entry(DELIVERY))})
    assert queue.outbox.drain(memory) == 1
    assert (list(memory.rows), len(queue.outbox)) == (["d-1"], 0)
    assert queue.redis.hlen(f"{queue.outbox.key}:unread") == 1


def test_a_drainer_that_dies_before_it_removes_leaves_no_second_row(host: Host, queue: JobQueue) -> None:
    class Dies(Outbox):
        def drain(self, deliveries: Any) -> int:
            batch = self._first()
            deliveries.record([entry for _, entry in batch])
            return 0  # here it dies

    intake = Intake(queue, APP)
    for number in range(20):
        assert intake.take("pull_request", f"d-{number}", of(number) if number % 2 else NOBODY) is not Taken.DUPLICATE
    Dies(queue.redis, queue.outbox.key).drain(host.ledger)
    assert (len(queue.outbox), counts(host)) == (20, (20, 10, 10))
    queue.outbox.drain(host.ledger)
    assert (len(queue.outbox), counts(host)) == (0, (20, 10, 10))


def test_several_drainers_at_once_leave_no_second_row(host: Host, queue: JobQueue) -> None:
    intake = Intake(queue, APP)
    for number in range(40):
        intake.take("pull_request", f"d-{number}", of(number) if number % 2 else NOBODY)
    ledger = host.ledger
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: queue.outbox.drain(ledger), range(4)))
    assert (len(queue.outbox), counts(host)) == (0, (40, 20, 20))


def test_kill_9_of_redis_and_the_outbox_is_still_there(own_redis: RedisServer, memory: Memory) -> None:
    intake = Intake(JobQueue(own_redis.connection()), APP)
    assert intake.take("pull_request", "d-1", of(1)) is Taken.QUEUED
    assert intake.take("pull_request", "d-2", NOBODY) is Taken.NOTHING
    own_redis.kill()
    own_redis.start()
    queue = JobQueue(own_redis.connection())
    assert Intake(queue, APP).take("pull_request", "d-1", of(1)) is Taken.DUPLICATE
    assert Intake(queue, APP).take("pull_request", "d-2", NOBODY) is Taken.DUPLICATE
    assert queue.outbox.drain(memory) == 2
    assert memory.outcomes == {"d-2": [(NOTHING, "")]}


# From here on with the App's processes.


def keeper(host: Host) -> Any:
    return host.start(
        "-m",
        "webhooks.keeper",
        environment={"EXOGATE_KEEPER_SECONDS": "0.2", "GITHUB_API_URL": "http://127.0.0.1:9"},
    )


def test_the_keeper_is_killed_again_and_again_and_every_row_stands_once(host: Host, queue: JobQueue) -> None:
    intake = Intake(queue, APP)
    killed = 0
    for number in range(150):
        intake.take("pull_request", f"d-{number}", of(number) if number % 2 else NOBODY)
        if number % 50 == 49:
            had = counts(host)[0]
            process = keeper(host)
            until(lambda had=had: counts(host)[0] > had, process)  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
    assert killed == 3
    until(lambda: not len(queue.outbox), keeper(host))
    assert counts(host) == (150, 75, 75)


def test_a_hundred_deliveries_come_while_the_ledger_is_locked(host: Host, queue: JobQueue) -> None:
    from .test_up import post, serve

    process, port = serve(host)
    drains = keeper(host)
    assert post(port, of(1000), "first") == 202
    until(lambda: not len(queue.outbox), process, drains)
    lock = sqlite3.connect(host.folder / "ledger.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: post(port, of(number), f"d-{number}"), range(100)))
    assert answers == [202] * 100
    # As long as a lock is waited for, and longer.
    until(lambda: "deliveries wait for the ledger" in host.log, process, drains)
    assert len(queue.outbox) == 100
    lock.execute("ROLLBACK")
    lock.close()
    until(lambda: not len(queue.outbox), process, drains)
    assert counts(host) == (101, 0, 0)
    assert host.log.count("deliveries wait for the ledger") == 1


def test_a_worker_writes_the_delivery_down_before_its_outcome(host: Host, queue: JobQueue) -> None:
    assert Intake(queue, APP).take("pull_request", "d-1", of(1)) is Taken.QUEUED
    until(lambda: host.ledger.outcome("d-1") == DONE, host.worker())
    assert (len(queue.outbox), counts(host)) == (0, (1, 1, 1))


def test_what_an_older_version_did_is_not_done_again(host: Host, queue: JobQueue) -> None:
    """It stands in the ledger, and Redis does not know it."""
    host.ledger.record([Entry(DELIVERY)])
    host.ledger.done("d-1", DONE)
    assert Intake(queue, APP).take("pull_request", "d-1", of(1)) is Taken.QUEUED
    worker = host.worker()
    until(lambda: "It was done before, as the ledger says." in host.log, worker)
    until(lambda: not queue.live(), worker)
    assert host.said == []
    assert counts(host) == (1, 1, 1)
