"""What the pages read, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.dashboard.queries import deliveries, names, queue, repositories, repository, said
from app.dashboard.queries.names import Repository
from app.dashboard.queries.queue import Filters
from app.dashboard.views.repository import first_moment, last_months
from app.exposure import MergedLines, Share, by_month
from app.ledger.attribution import LineRow, Origin
from app.ledger.ledger import Ledger
from app.ledger.models import Merge, Review
from app.ledger.overrule import overruled, overruling
from app.provenance.types import Status
from tests.app.dashboard.site import OTHER_ID, SECRET_ID, fill
from tests.app.ledger.build import ACCEPTING, HEAD, NAME, REJECTING, REPOSITORY, add_merge, add_review, undeclared
from tests.app.ledger.conftest import clock, empty_database, ledger, postgres_server, postgres_url, url

if TYPE_CHECKING:
    from tests.app.ledger.conftest import Clock

__all__ = ["clock", "empty_database", "ledger", "postgres_server", "postgres_url", "url"]

SHOP = Repository(NAME, (REPOSITORY,))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_WORDS = ("ai", "human", "mixed", "undeclared", None)


def say(ledger: Ledger, number: int, head: str, kind: str, value: str) -> None:
    ledger.override(repository_id=REPOSITORY, number=number, head=head, actor="mira", kind=kind, value=value)


def test_peoples_words_in_sql_are_those_of_the_ledger(ledger: Ledger) -> None:
    """Two words of any kind on two heads, one after the other: both ways say the same of each merge and line."""
    heads = (HEAD, "d" * 40)
    cases = list(product(_WORDS, _WORDS, heads, heads))
    lines = [LineRow("a.py", 10 * n + 1, 10 * n + 5 + n, Origin(status)) for n, status in enumerate(Status)]
    for number, (first, second, one, two) in enumerate(cases, 1):
        add_review(ledger, number=number, provenance=undeclared())
        for value, head in ((first, one), (second, two)):
            if value is not None:
                say(ledger, number, head, "provenance", value)
        say(ledger, number, HEAD, "labeled", "ai")
        add_merge(ledger, lines, number=number, merge_sha=f"{number:040x}")
    with ledger.reading() as session:
        reviews = dict(session.execute(select(Review.number, said.status(Review))).all())
        merges = dict(session.execute(select(Merge.number, said.word(Merge))).all())
        counted = repository.merged_lines(session, SHOP, LONG_AGO)
    expected: dict[Status, int] = {}
    for number in range(1, len(cases) + 1):
        word = overruling(ledger.overrides(REPOSITORY, number), HEAD)
        assert merges[number] == (word.value if word else None), cases[number - 1]
        assert reviews[number] == (word or Status.UNDECLARED).value, cases[number - 1]
        for line in lines:
            status = overruled(line.origin, word).status
            expected[status] = expected.get(status, 0) + line.last - line.first + 1
    assert {row.status: row.lines for row in counted} == expected


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_month_is_one_of_utc_whatever_the_databases_zone(postgres_url: str, zone: str) -> None:
    times = [datetime(2026, 7, 31, 23, 59, tzinfo=UTC), datetime(2026, 8, 1, 0, 1, tzinfo=UTC)]
    opened = Ledger.open(f"{postgres_url}&options=-c%20TimeZone%3D{zone}", now=lambda: times[0])
    lines = [LineRow("a.py", 1, 3, Origin(Status.UNDECLARED))]
    add_merge(opened, lines, number=1)
    del times[0]
    add_merge(opened, lines, number=2)
    with opened.reading() as session:
        found = by_month(repository.merged_lines(session, SHOP, LONG_AGO))
    opened.close()
    assert found == [Share("2026-07", undeclared=3), Share("2026-08", undeclared=3)]


def test_months_are_counted_back_over_the_years_end() -> None:
    at = datetime(2026, 2, 28, 13, 5, tzinfo=UTC)
    assert last_months(at, 4) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert first_moment("2025-11", at) == datetime(2025, 11, 1, tzinfo=UTC)


def test_what_is_older_than_asked_for_is_not_counted(ledger: Ledger, clock: Clock) -> None:
    add_review(ledger, REJECTING, number=1)
    add_merge(ledger, [LineRow("a.py", 1, 3, Origin(Status.AI_DECLARED))], number=1)
    since = clock.move(days=40)
    add_review(ledger, ACCEPTING, number=2)
    with ledger.reading() as session:
        assert [row.pulls for row in repository.provenance(session, SHOP, since)] == [1]
        assert [(g.gate, g.accept, g.rate) for g in repository.gates(session, SHOP, since)] == [("compile", 1, 1.0)]
        assert repository.ai_merges(session, SHOP, since).all == 0
        assert repository.merged_lines(session, SHOP, since) == []
        assert repository.merged_lines(session, SHOP, since - timedelta(days=41)) == [
            MergedLines("2026-08", Status.AI_DECLARED, 3)
        ]


def test_an_error_is_no_acceptance_and_a_skip_no_judgement() -> None:
    assert repository.GateRecord("lint", accept=3, reject=0, error=1, skip=9).rate == 0.75
    assert repository.GateRecord("lint", skip=9).rate is None


def test_the_queue_has_the_newest_review_of_what_is_not_merged(ledger: Ledger) -> None:
    made = fill(ledger)
    with ledger.reading() as session:
        rows = queue.queue(session, None, Filters()).rows
    assert [row.review_id for row in rows] == [made[name] for name in ("secret", "other", "newer", "rejected")]
    assert [(row.status, row.needed) for row in rows if row.number == 2] == [
        ("human-attested", "A person has to approve it.")
    ]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(repository_ids=(REPOSITORY,)), ["newer", "rejected"]),
        (Filters(repository_ids=()), []),
        (Filters(decision="reject"), ["rejected"]),
        (Filters(decision="error"), ["other"]),
        (Filters(provenance="human-attested"), ["newer"]),
        (Filters(provenance="ai-declared", repository_ids=(REPOSITORY,)), ["rejected"]),
        (Filters(needs_review=True), ["newer"]),
        (Filters(before=3), ["rejected"]),
    ],
)
def test_the_queue_is_narrowed(ledger: Ledger, filters: Filters, expected: list[str]) -> None:
    made = fill(ledger)
    with ledger.reading() as session:
        assert [row.review_id for row in queue.queue(session, None, filters).rows] == [made[name] for name in expected]


def test_the_queue_goes_on_where_a_page_ends(ledger: Ledger) -> None:
    every = [add_review(ledger, number=number) for number in range(1, 6)]
    with ledger.reading() as session:
        first = queue.queue(session, None, Filters(), most=2)
        second = queue.queue(session, None, Filters(before=first.older), most=2)
        third = queue.queue(session, None, Filters(before=second.older), most=2)
    pages = [[row.review_id for row in page.rows] for page in (first, second, third)]
    assert pages == [every[:2:-1], every[2:0:-1], every[:1]]
    assert third.older is None


def test_every_list_is_narrowed_to_what_may_be_read(ledger: Ledger) -> None:
    fill(ledger)
    only = frozenset({OTHER_ID, 99})
    with ledger.reading() as session:
        assert [row.repository for row in queue.queue(session, only, Filters()).rows] == ["octo/other"]
        assert queue.repositories_in(session, only) == ["octo/other"]
        assert [row.repository.ids for row in repositories.repositories(session, only, 1).rows] == [(OTHER_ID,)]
        assert deliveries.deliveries(session, only).rows == []
        assert deliveries.health(session, only, LONG_AGO).heard == 0
        assert names.find(session, only, "eve/secret") is None
        assert names.find(session, frozenset({SECRET_ID}), "EVE/Secret") == Repository("eve/secret", (SECRET_ID,))


def test_a_repository_goes_by_its_last_name_alone(ledger: Ledger) -> None:
    add_review(ledger, repository="octo/old")
    add_review(ledger, repository="octo/new")
    add_review(ledger, repository="octo/new", repository_id=77)
    with ledger.reading() as session:
        assert names.find(session, None, "octo/old") is None
        assert names.find(session, None, "octo/new") == Repository("octo/new", (REPOSITORY, 77))
        assert names.find(session, frozenset({77}), "octo/new") == Repository("octo/new", (77,))
        assert names.names_of(session, [77, 5]) == {77: "octo/new", 5: "5"}


def test_repositories_come_by_their_last_review_a_page_at_a_time(ledger: Ledger, clock: Clock) -> None:
    for number in range(repositories.PER_PAGE + 2):
        clock.move(minutes=1)
        add_review(ledger, ACCEPTING if number % 2 else REJECTING, repository_id=number + 1, repository=f"o/r{number}")
    with ledger.reading() as session:
        first, second = (repositories.repositories(session, None, page) for page in (1, 2))
    assert first.more
    assert not second.more
    told = [row.repository.name for row in (*first.rows, *second.rows)]
    assert told == [f"o/r{number}" for number in reversed(range(repositories.PER_PAGE + 2))]
    assert [(row.decision, row.awaiting, row.rejected) for row in second.rows] == [("accept", 1, 0), ("reject", 1, 1)]


def test_a_delivery_has_what_became_of_it_last(ledger: Ledger, clock: Clock) -> None:
    since = clock()
    fill(ledger)
    clock.move(seconds=90)
    ledger.delivery_done("heard-2", "queued")
    ledger.delivery_done("heard-2", "failed", "GitHub does not answer.")
    with ledger.reading() as session:
        rows = {row.guid: row for row in deliveries.deliveries(session, None).rows}
        failed = deliveries.deliveries(session, None, outcome="failed").rows
        health = deliveries.health(session, None, since)
    assert (rows["heard-2"].outcome, rows["heard-2"].detail, rows["heard-2"].seconds) == (
        "failed",
        "GitHub does not answer.",
        90.0,
    )
    assert (rows["heard-3"].outcome, rows["heard-3"].seconds) == (None, None)
    assert [row.guid for row in failed] == ["heard-2"]
    assert (health.heard, dict(health.by_outcome)) == (5, {None: 3, "done": 1, "failed": 1})
