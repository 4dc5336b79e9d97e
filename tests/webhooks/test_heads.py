"""Which head is the newest, whatever the order in which deliveries come."""

from __future__ import annotations

from itertools import permutations

import pytest

from webhooks.heads import Claim, Newest, after, claim
from webhooks.jobs import ReviewHead

from .payloads import HEAD, NEWER, WHERE


def wish(head: str = HEAD, updated: int = 0, *, again: bool = False) -> ReviewHead:
    return ReviewHead(**WHERE, number=1, head=head, base_ref="main", reason="r", updated=updated, again=again)


KNOWN = Newest(HEAD, 100, "first", 1)


@pytest.mark.parametrize(
    ("known", "asked", "job", "found"),
    [
        (None, wish(), "x", Claim.NEW),
        (KNOWN, wish(updated=50), "first", Claim.NEW),
        (KNOWN, wish(updated=100), "x", Claim.SAME),
        (KNOWN, wish(), "x", Claim.SAME),
        (KNOWN, wish(again=True), "x", Claim.NEW),
        (KNOWN, wish(updated=101, again=True), "x", Claim.NEW),
        (KNOWN, wish(updated=99, again=True), "x", Claim.SAME),
        (KNOWN, wish(NEWER, 101), "x", Claim.NEW),
        (KNOWN, wish(NEWER, 100), "x", Claim.NEW),
        (KNOWN, wish(NEWER, 99), "x", Claim.STALE),
        (KNOWN, wish(NEWER), "x", Claim.STALE),
        (KNOWN, wish(NEWER, again=True), "x", Claim.STALE),
    ],
)
def test_claims(known: Newest | None, asked: ReviewHead, job: str, found: Claim) -> None:
    assert claim(known, asked, job) is found


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_newest_head_wins_in_every_order(order: tuple[int, ...]) -> None:
    wishes = [wish("1" * 40, 10), wish("2" * 40, 20), wish("3" * 40, 30), wish("3" * 40)]
    known: Newest | None = None
    for number in order:
        found = claim(known, wishes[number], str(number))
        known = after(known, wishes[number], str(number), found)
    assert known is not None
    assert known.head == "3" * 40


def test_generations_count_and_time_never_goes_back() -> None:
    assert after(None, wish(updated=5), "a", Claim.NEW) == Newest(HEAD, 5, "a", 1)
    assert after(KNOWN, wish(again=True), "a", Claim.NEW) == Newest(HEAD, 100, "a", 2)
    assert after(KNOWN, wish(updated=150), "a", Claim.SAME) == Newest(HEAD, 150, "first", 1)
    assert after(KNOWN, wish(NEWER), "a", Claim.STALE) == KNOWN
