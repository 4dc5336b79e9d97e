"""Opening the ledger, and the transactions in which everything else happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy.orm import Session

from app.ledger import engine as engines
from app.ledger import migrate
from app.ledger.errors import LedgerError, as_sentences, named

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.engine import URL

PATIENCE = 5.0
"""Seconds for which a lock or a connection is waited for; GitHub gives a webhook ten in all."""


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class Store:
    """A database that holds the ledger. Its methods may be called from several threads and after ``fork``.

    Every method of it and of its subclasses raises ``LedgerError`` where the database refuses or does not answer.
    """

    def __init__(self, engine: Engine, url: URL, now: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._reader = engine.execution_options(**{engines.READING: True})
        self.place = named(url)
        self.now = now

    @classmethod
    def open(cls, url: str, *, patience: float = PATIENCE, now: Callable[[], datetime] = utc_now) -> Self:
        """Return the ledger at *url* with its schema up to date; a SQLite file that is not there is made.

        Raises ``LedgerError``.
        """
        target = engines.database_url(url)
        engines.make_place(target)
        opened = cls(engines.connect(target, patience), target, now)
        with as_sentences(opened.place):
            migrate.upgrade(opened._engine, opened.place)
        return opened

    @classmethod
    def open_existing(cls, url: str, *, patience: float = PATIENCE) -> Self:
        """Return the ledger at *url* for someone who only looks: nothing is made, and the schema stays as it is.

        Raises ``LedgerError`` where there is none, or one of another version.
        """
        target = engines.database_url(url)
        if target.get_backend_name() == "sqlite" and not Path(target.database or "").is_file():
            raise LedgerError(f"{named(target)} is not there. Exogate makes it when it is started as an App.")
        opened = cls(engines.connect(target, patience), target)
        opened.ready()
        return opened

    def ready(self) -> None:
        """Do nothing where the ledger answers and its schema is ours. Raises ``LedgerError`` where not."""
        with as_sentences(self.place), self._reader.connect() as connection:
            migrate.check(connection, self.place)

    def close(self) -> None:
        """Let go of every connection that is not in use."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that is committed at the end, or undone where anything was raised."""
        with as_sentences(self.place), Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that sees one state of the ledger and writes nothing."""
        with as_sentences(self.place), Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session
