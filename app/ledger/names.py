"""Repositories by name. GitHub's numbers are what counts; a name is what people say, and it moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.ledger.models import RepositoryName
from app.ledger.store import Store

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def seen_as(session: Session, repository_id: int, name: str, when: datetime) -> None:
    """Add a row where the repository was last seen under another name, or never."""
    last = select(RepositoryName.name).where(RepositoryName.repository_id == repository_id)
    if session.scalar(last.order_by(RepositoryName.id.desc()).limit(1)) != name:
        session.add(RepositoryName(repository_id=repository_id, name=name, recorded=when))


class Names(Store):
    """The part of the ledger that knows repositories by name."""

    def repository_ids(self, name: str) -> Sequence[int]:
        """Return the repositories whose last known name is *name* (owner/name; GitHub ignores case), sorted.

        A repository that was renamed since is not among them, even where another took its name.
        """
        last = select(func.max(RepositoryName.id)).group_by(RepositoryName.repository_id)
        rows = select(RepositoryName.repository_id).where(
            RepositoryName.id.in_(last), func.lower(RepositoryName.name) == name.lower()
        )
        with self.reading() as session:
            return sorted(set(session.scalars(rows)))

    def repository_names(self, repository_id: int) -> Sequence[str]:
        """Return every name that a repository was seen under, the last one first."""
        rows = select(RepositoryName.name).where(RepositoryName.repository_id == repository_id)
        with self.reading() as session:
            return list(dict.fromkeys(session.scalars(rows.order_by(RepositoryName.id.desc()))))

    def repository_name(self, repository_id: int) -> str | None:
        """Return the last known name of a repository."""
        rows = select(RepositoryName.name).where(RepositoryName.repository_id == repository_id)
        with self.reading() as session:
            return session.scalar(rows.order_by(RepositoryName.id.desc()).limit(1))
