"""The connection: a URL made into an engine whose transactions behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.ledger.errors import LedgerError

READING = "exogate_reading"
"""The execution option of transactions that write nothing."""

_POSTGRES = ("postgres", "postgresql", "postgresql+psycopg")


def database_url(given: str) -> URL:
    """Return *given* as SQLAlchemy takes it. Raises ``LedgerError`` without quoting it: it may hold a password."""
    try:
        url = make_url(given)
    except ArgumentError:
        raise LedgerError(
            "DATABASE_URL is no database's address. Give one such as sqlite:////var/lib/exogate/ledger.sqlite3 or "
            "postgresql://user:password@host/exogate."
        ) from None
    if url.drivername in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise LedgerError(
            f"DATABASE_URL names {url.drivername!r}. The ledger is kept in SQLite (sqlite:///...) or PostgreSQL "
            "(postgresql://...)."
        )
    if not url.database or url.database == ":memory:" or "mode=memory" in given:
        raise LedgerError("DATABASE_URL names no file. A ledger in memory would be gone with the process.")
    return url.set(drivername="sqlite+pysqlite")


def connect(url: URL, patience: float) -> Engine:
    """Return an engine for *url*; a lock is waited for *patience* seconds.

    The engine survives ``fork``: what the parent holds is never used by the child.
    """
    engine = _sqlite(url, patience) if url.get_backend_name() == "sqlite" else _postgres(url, patience)
    _at_fork(engine)
    return engine


def _sqlite(url: URL, patience: float) -> Engine:
    waits = {"timeout": patience, "check_same_thread": False}
    engine = create_engine(url, connect_args=waits, pool_timeout=patience)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None  # transactions begin where `begin` below says, not where the driver guesses
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail at once where another wrote in between, however
        # long the time-out: one that may write takes the lock when it begins, and waits for it.
        reading = connection.get_execution_options().get(READING, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _postgres(url: URL, patience: float) -> Engine:
    waits: dict[str, Any] = {"connect_timeout": max(2, round(patience)), "application_name": "exogate"}
    # A server that vanished without a word is noticed by these, not by a read that never ends.
    waits |= {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 30_000}
    # What the address itself says counts.
    asked = {name: value for name, value in waits.items() if name not in url.query}
    # A pooler that hands each transaction another server connection (pgbouncer) knows no prepared statements.
    engine = create_engine(
        url, connect_args={**asked, "prepare_threshold": None}, pool_pre_ping=True, pool_timeout=patience
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience * 1000)}")

    return engine


def _at_fork(engine: Engine) -> None:
    held = weakref.ref(engine)

    def close_idle() -> None:
        if (found := held()) is not None:
            found.dispose()

    def forget() -> None:
        if (found := held()) is not None:
            found.dispose(close=False)

    os.register_at_fork(before=close_idle, after_in_child=forget)


def make_place(url: URL) -> None:
    """Make the file of a SQLite database, readable by this user only: findings quote private code.

    Raises ``LedgerError``.
    """
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith("file:"):
        return
    file = Path(url.database)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            # Only where it is new: closing a file drops every lock of this process on it (POSIX), and with them those
            # of another ledger that is open here. A process elsewhere would then clear its log away, with rows in it.
            with suppress(FileExistsError):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise LedgerError(
            f"The ledger at {file} cannot be made: {error.strerror}. Name a place that this user may write to in "
            "DATABASE_URL or EXOGATE_DATA_DIR."
        ) from error


def take_turn(connection: Connection) -> None:
    """Let one process at a time change the schema; on SQLite the transaction itself sees to that."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": 0x6578_6F67_6174_65})
