"""How pull requests were: in whatever order it is heard, the last change counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from app.ledger.ledger import Ledger
from app.ledger.seen import PullIs, Seen
from tests.app.ledger.build import NAME, REPOSITORY, add_review
from tests.app.ledger.conftest import Clock


def seen(clock: Clock, state: PullIs, seconds: int = 0, title: str = "Prices") -> Seen:
    return Seen(state, clock.now + timedelta(seconds=seconds), title, "jo", "prices", "main")


def states(ledger: Ledger) -> list[str]:
    return [row.state for row in ledger.sightings(REPOSITORY, 1)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_last_change_counts_in_whatever_order_it_is_heard(
    ledger: Ledger, clock: Clock, order: tuple[int, ...]
) -> None:
    was = [PullIs.CLOSED, PullIs.OPEN, PullIs.CLOSED]
    for at in order:
        ledger.seen(REPOSITORY, NAME, 1, seen(clock, was[at], at))
    assert states(ledger)[0] == "closed"


def test_within_a_second_what_was_looked_at_last_counts(ledger: Ledger, clock: Clock) -> None:
    for state in (PullIs.CLOSED, PullIs.OPEN):
        assert ledger.seen(REPOSITORY, NAME, 1, seen(clock, state))
    assert states(ledger) == ["open", "closed"]


def test_what_is_known_is_not_written_again(ledger: Ledger, clock: Clock) -> None:
    assert ledger.seen(REPOSITORY, NAME, 1, seen(clock, PullIs.CLOSED), delivery="d-1")
    assert not ledger.seen(REPOSITORY, NAME, 1, seen(clock, PullIs.CLOSED), delivery="d-1")
    assert not ledger.seen(REPOSITORY, NAME, 1, seen(clock, PullIs.OPEN, -1), delivery="d-0")
    assert ledger.seen(REPOSITORY, NAME, 1, seen(clock, PullIs.CLOSED, title="Other"))
    assert ledger.seen(REPOSITORY, NAME, 2, seen(clock, PullIs.CLOSED))
    assert [(row.title, row.delivery) for row in ledger.sightings(REPOSITORY, 1)] == [
        ("Other", None),
        ("Prices", "d-1"),
    ]


def test_a_review_has_its_own_and_a_merge_group_none(ledger: Ledger, clock: Clock) -> None:
    was = seen(clock, PullIs.OPEN)
    ids = [add_review(ledger, seen=was, delivery=f"d-{n}") for n in (1, 2)]
    add_review(ledger, number=None, head="e" * 40, seen=was)
    rows = ledger.sightings(REPOSITORY, 1)
    assert [(row.review_id, row.delivery) for row in rows] == [(ids[1], "d-2"), (ids[0], "d-1")]
    assert (rows[0].author, rows[0].head_ref, rows[0].base_ref) == ("jo", "prices", "main")


def test_words_are_capped_and_stored_whatever_they_are(ledger: Ledger, clock: Clock) -> None:
    evil = "\0\ud800<script>" + "x" * 100_000
    was = replace(seen(clock, PullIs.OPEN), title=evil, author=evil, head_ref=evil, base_ref=evil)
    assert ledger.seen(REPOSITORY, NAME, 1, was)
    (row,) = ledger.sightings(REPOSITORY, 1)
    assert row.title.startswith("\\x00\\ud800<script>x") and row.title.endswith("…")
    assert max(map(len, (row.title, row.author, row.head_ref, row.base_ref))) < 320
    assert not ledger.seen(REPOSITORY, NAME, 1, was), "it is known so"


def test_a_policy_is_kept_once_and_by_its_hash(ledger: Ledger) -> None:
    add_review(ledger, policy_text={"name": "strict"})
    add_review(ledger, policy_text={"name": "another name of the same"})
    (row, _) = ledger.reviews(REPOSITORY)
    assert ledger.policy_text(row.policy_hash) == {"name": "strict"}
    assert ledger.policy_text("f" * 64) is None
