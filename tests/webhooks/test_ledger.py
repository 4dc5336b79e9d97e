"""The ledger as the record of deliveries."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.ledger.ledger import Ledger
from tests.services.postgres import postgres_server, postgres_url
from webhooks.deliveries import DONE, FAILED, NOTHING, SUPERSEDED, Deliveries, Delivery, Entry, RecordError
from webhooks.ledger import LedgerDeliveries, open_ledger

from .memory import Memory

__all__ = ["postgres_server", "postgres_url"]
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def delivery(id_: str = "d-1", received: datetime = NOW) -> Delivery:
    return Delivery(id_, "pull_request", "opened", 5, 11, received)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def record(request: pytest.FixtureRequest, tmp_path: Path) -> Deliveries:
    if request.param == "memory":
        return Memory()
    url = f"sqlite:///{tmp_path}/l.sqlite3" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return open_ledger(url)


def test_a_delivery_is_recorded_once_and_its_last_outcome_counts(record: Deliveries) -> None:
    record.ready()
    record.record([Entry(delivery())])
    record.record([Entry(delivery()), Entry(delivery())])
    assert record.outcome("d-1") is None
    record.done("d-1", FAILED, "Why.")
    record.done("d-1", DONE)
    assert record.outcome("d-1") == DONE
    assert record.outcome("unknown") is None


def test_what_was_received_since(record: Deliveries) -> None:
    record.record([Entry(delivery("old", NOW - timedelta(hours=1))), Entry(delivery("new"))])
    record.done("new", DONE)
    assert dict(record.since(NOW)) == {"new": DONE}
    assert dict(record.since(NOW - timedelta(hours=1))) == {"old": None, "new": DONE}


def test_of_many_at_once_each_stands_there_once(record: Deliveries) -> None:
    batches = [[Entry(delivery(f"d-{number}")) for number in range(at, at + 20)] for at in range(0, 100, 10)] * 3
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(record.record, batches))
    assert len(record.since(NOW)) == 110


@pytest.mark.parametrize(
    ("before", "after"), [(None, SUPERSEDED), (FAILED, SUPERSEDED), (DONE, DONE), (NOTHING, NOTHING)]
)
def test_an_outcome_that_was_known_at_once_is_written_where_none_is_final(
    record: Deliveries, before: str | None, after: str
) -> None:
    record.record([Entry(delivery())])
    if before:
        record.done("d-1", before)
    for _ in range(2):
        record.record([Entry(delivery(), SUPERSEDED, "Why."), Entry(delivery("d-2"))])
    assert dict(record.since(NOW)) == {"d-1": after, "d-2": None}


def test_a_locked_ledger_is_a_sentence_and_takes_it_later(tmp_path: Path) -> None:
    file = tmp_path / "l.sqlite3"
    record = LedgerDeliveries(Ledger.open(f"sqlite:///{file}", patience=0.1))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(4) as pool:
        tried = [pool.submit(record.record, [Entry(delivery(f"d-{number}"))]) for number in range(4)]
        for each in tried:
            with pytest.raises(RecordError, match="is locked by another process"):
                each.result()
    with pytest.raises(RecordError, match="is locked"):
        record.done("d-1", DONE)
    other.execute("ROLLBACK")
    other.close()
    record.record([Entry(delivery())])
    assert record.outcome("d-1") is None


def test_a_ledger_that_cannot_be_opened_is_a_sentence() -> None:
    with pytest.raises(RecordError, match="cannot be made"):
        open_ledger("sqlite:////proc/nowhere/x")
