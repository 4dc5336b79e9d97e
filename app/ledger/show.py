"""What `exogate ledger show` prints. Texts of changes are stripped of what could act on a terminal."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.ledger.export.rows import Filters, Row
from app.ledger.ledger import Ledger
from app.ledger.models import Merge, Override, Review
from app.provenance.seen import quote

if TYPE_CHECKING:
    from rich.console import Console

_MOST = 20
_PASSED = {True: "passed", False: "failed", None: "not judged"}


def render_repositories(ledger: Ledger, console: Console) -> None:
    """Print each repository with the numbers of its rows."""
    counts = {table: _counts(ledger, table) for table in (Review, Override, Merge)}
    rows = [
        (ledger.repository_name(one) or str(one), *(str(found.get(one, 0)) for found in counts.values()))
        for one in sorted({one for found in counts.values() for one in found})
    ]
    if not rows:
        console.print("The ledger holds no review and no merge yet.")
        return
    _table(console, "Repositories", ("repository", "reviews", "overrides", "merges"), rows)


def _counts(ledger: Ledger, table: type[Review | Override | Merge]) -> dict[int, int]:
    rows = select(table.repository_id, func.count()).group_by(table.repository_id)
    with ledger.reading() as session:
        return dict(session.execute(rows).tuples().all())


def render_repository(
    ledger: Ledger, name: str, repository_ids: Sequence[int], filters: Filters, console: Console
) -> None:
    """Print a repository's newest reviews, overrides and merges."""
    known = (filters.number, filters.since)
    reviews = [row for one in repository_ids for row in _reviews(ledger, one, *known)]
    overrides = [row for one in repository_ids for row in _overrides(ledger, one, *known)]
    groups = groupby(ledger.export(repository_ids, filters), key=lambda row: (row.number, row.merge_sha))
    merges = deque((list(rows) for _, rows in groups), maxlen=_MOST + 1)
    _table(console, "Reviews", ("time", "pull", "head", "provenance", "decision", "policy"), map(_review, reviews))
    _table(console, "Overrides", ("time", "pull", "head", "by", "says", "reason"), map(_override, overrides))
    columns = ("time", "pull", "commit", "how", "declared", "gates", "reviewers", "lines")
    _table(console, "Merges", columns, map(_merge, reversed(merges)))
    if not (reviews or overrides or merges):
        console.print(f"The ledger holds nothing of {quote(name)} that was asked for.")


def _reviews(ledger: Ledger, repository_id: int, number: int | None, since: datetime | None) -> Sequence[Review]:
    return ledger.reviews(repository_id, number, since=since, limit=_MOST + 1)


def _overrides(ledger: Ledger, repository_id: int, number: int | None, since: datetime | None) -> Sequence[Override]:
    rows = select(Override).where(Override.repository_id == repository_id)
    if number is not None:
        rows = rows.where(Override.number == number)
    if since is not None:
        rows = rows.where(Override.recorded >= since)
    with ledger.reading() as session:
        return session.scalars(rows.order_by(Override.id.desc()).limit(_MOST + 1)).all()


def _review(row: Review) -> tuple[str, ...]:
    policy = f"{row.policy} {row.policy_hash[:19]}"
    return _time(row.recorded), _pull(row.number), row.head[:10], row.status, _decision(row), policy


def _override(row: Override) -> tuple[str, ...]:
    said = f"{row.kind} {row.value}"
    return _time(row.recorded), _pull(row.number), row.head[:10], row.actor, said, row.reason


def _merge(rows: Sequence[Row]) -> tuple[str, ...]:
    first = rows[0]
    lines = Counter[str]()
    for row in rows:
        lines[row.status] += row.lines
    told = ", ".join(f"{number} {status}" for status, number in lines.items() if number)
    return (
        _time(first.merged),
        _pull(first.number),
        first.merge_sha[:10],
        first.method,
        first.change_status,
        _PASSED[first.gates_passed],
        first.reviewers,
        told or f"not known: {first.status}",
    )


def _decision(review: Review) -> str:
    return review.decision if review.enforced else f"{review.would_decide} (advice)"


def _time(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M")


def _pull(number: int | None) -> str:
    return "queue" if number is None else f"#{number}"


def _table(console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    every = list(rows)
    if not every:
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=column in ("time", "pull", "head", "commit"), overflow="fold")
    for row in every[:_MOST]:
        table.add_row(*(Text(quote(cell)) for cell in row))
    if len(every) > _MOST:
        table.caption = f"Older ones than these {_MOST} are left out: narrow them with --number or --since."
    console.print(table)
