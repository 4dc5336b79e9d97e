"""The share of merged lines that is declared AI's."""

from __future__ import annotations

from app.exposure import MergedLines, Share, by_month, together
from app.provenance.types import Status


def test_lines_are_summed_by_month_and_status_in_the_months_order() -> None:
    rows = [
        MergedLines("2026-09", Status.UNDECLARED, 5),
        MergedLines("2026-08", Status.AI_DECLARED, 30),
        MergedLines("2026-08", Status.MIXED, 10),
        MergedLines("2026-08", Status.HUMAN_ATTESTED, 20),
        MergedLines("2026-08", Status.AI_DECLARED, 10),
        MergedLines("2026-08", Status.UNDECLARED, 30),
    ]
    assert by_month(rows) == [
        Share("2026-08", ai=40, mixed=10, human=20, undeclared=30),
        Share("2026-09", undeclared=5),
    ]


def test_the_declared_share_is_the_least_and_undeclared_lines_make_the_most() -> None:
    share = Share("2026-08", ai=40, mixed=10, human=20, undeclared=30)
    assert (share.lines, share.declared, share.most) == (100, 0.5, 0.8)


def test_without_lines_there_is_no_share() -> None:
    assert by_month([]) == []
    assert (Share("2026-08").declared, Share("2026-08").most) == (None, None)


def test_months_together_weigh_by_their_lines() -> None:
    whole = together([Share("2026-08", ai=90), Share("2026-09", undeclared=10)])
    assert (whole.lines, whole.declared, whole.most) == (100, 0.9, 1.0)
    assert together([]).lines == 0
