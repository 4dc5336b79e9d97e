"""State: which head is the newest, and how far check runs are."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from app.ledger.ledger import Ledger
from app.ledger.pulls import Generation
from tests.app.ledger.conftest import Clock

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
A, B, C = "a" * 40, "b" * 40, "c" * 40


def later(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_each_newer_head_is_a_generation(ledger: Ledger) -> None:
    assert ledger.generation(1, 1) is None
    assert ledger.ask(1, 1, A, NOW) == Generation(1, A)
    assert ledger.ask(1, 1, A, later(1)) == Generation(1, A)
    assert ledger.ask(1, 1, B, later(2)) == Generation(2, B)
    assert ledger.ask(1, 1, A, later(3)) == Generation(3, A)
    assert ledger.generation(1, 1) == Generation(3, A)
    assert ledger.generation(1, 2) is None


def test_a_late_event_does_not_bring_an_older_head_back(ledger: Ledger) -> None:
    ledger.ask(1, 1, B, later(5))
    assert ledger.ask(1, 1, A, NOW) == Generation(1, B)
    assert ledger.generation(1, 1) == Generation(1, B)


def test_a_label_on_the_old_head_does_not_make_a_push_late(ledger: Ledger) -> None:
    ledger.ask(1, 1, A, later(9))
    assert ledger.ask(1, 1, A, later(2)) == Generation(1, A)
    assert ledger.ask(1, 1, B, later(9)) == Generation(2, B)


def test_two_pushes_of_one_second_are_ordered_by_what_they_replaced(ledger: Ledger) -> None:
    ledger.ask(1, 1, A, NOW)
    ledger.ask(1, 1, C, later(1), before=B)
    assert ledger.ask(1, 1, B, later(1), before=A) == Generation(2, C)
    ledger.ask(1, 1, C, later(1))  # a label says nothing of the push
    assert ledger.ask(1, 1, B, later(1), before=A) == Generation(2, C)
    ledger.ask(1, 2, B, later(1), before=A)
    assert ledger.ask(1, 2, C, later(1), before=B) == Generation(2, C)


def test_asking_from_many_threads_counts_every_head_once(ledger: Ledger) -> None:
    def ask(index: int) -> None:
        ledger.ask(1, 1, f"{index:040x}", later(index))

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = ledger.generation(1, 1)
    assert found is not None
    assert found.head == f"{7:040x}"
    assert 1 <= found.number <= 8


def test_a_check_run_is_open_until_it_is_completed(ledger: Ledger, clock: Clock) -> None:
    ledger.check(1, A, "x1", None, "queued", installation=7, repository="octo/shop")
    ledger.check(1, A, "x2", 12, "in_progress")
    clock.move(minutes=10)
    ledger.check(1, A, "x1", 11, "in_progress")
    assert [one.external_id for one in ledger.open_checks(clock.now)] == ["x2"]
    clock.move(minutes=10)
    (first, second) = ledger.open_checks(clock.now)
    assert (first.external_id, second.external_id) == ("x2", "x1")
    assert (second.check_run_id, second.installation, second.repository, second.state) == (
        11, 7, "octo/shop", "in_progress",
    )  # fmt: skip
    ledger.check(1, A, "x1", None, "completed")
    assert [one.external_id for one in ledger.open_checks(clock.now)] == ["x2"]
    done = ledger.find_check("x1")
    assert done is not None
    assert (done.check_run_id, done.state) == (11, "completed")
    assert ledger.find_check("x9") is None


def test_a_step_that_github_does_not_know_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        ledger.check(1, A, "x1", None, "half-done")
    assert ledger.find_check("x1") is None
