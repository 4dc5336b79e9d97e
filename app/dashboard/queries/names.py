"""Repositories by name, for somebody who may read some of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.dashboard.queries.scope import Readable, within
from app.ledger.models import RepositoryName

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as people call it. One that was made anew under its old name has several numbers, newest last."""

    name: str
    ids: tuple[int, ...]

    @property
    def path(self) -> str:
        """Its page."""
        return f"/r/{self.name}"


def find(session: Session, readable: Readable, name: str) -> Repository | None:
    """Return the repository whose last known name is *name* (GitHub ignores case).

    ``None`` where there is none, or none that may be read: nobody learns which of the two.
    """
    last = select(func.max(RepositoryName.id)).group_by(RepositoryName.repository_id)
    called = func.lower(RepositoryName.name) == name.lower()
    rows = session.execute(
        select(RepositoryName.repository_id, RepositoryName.name)
        .where(called, RepositoryName.id.in_(last), within(RepositoryName.repository_id, readable))
        .order_by(RepositoryName.id)
    ).all()
    return Repository(rows[-1].name, tuple(row.repository_id for row in rows)) if rows else None


def names_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return the last known name of each repository; the number itself where none is known."""
    wanted = sorted(set(ids))
    last = (
        select(func.max(RepositoryName.id))
        .where(RepositoryName.repository_id.in_(wanted))
        .group_by(RepositoryName.repository_id)
    )
    rows = session.execute(select(RepositoryName.repository_id, RepositoryName.name).where(RepositoryName.id.in_(last)))
    return {**{one: str(one) for one in wanted}, **dict(rows.all())}
