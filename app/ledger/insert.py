"""The one statement that SQLite and PostgreSQL share by name only: insert, unless the row is there."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from app.ledger.base import Base, LedgerRow

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.orm import Session


def insert(session: Session, table: type[Base]) -> PostgresInsert | SqliteInsert:
    """Return an INSERT of the session's database, for its ON CONFLICT."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite_insert(table) if sqlite else postgres_insert(table)


def add_once(session: Session, table: type[LedgerRow], unique: list[str], values: dict[str, Any]) -> int | None:
    """Insert a row unless one with the same *unique* columns is there. Return its id, ``None`` where one was."""
    statement = insert(session, table).values(**values).on_conflict_do_nothing(index_elements=unique)
    # Not the number of rows: psycopg does not tell it of every insert.
    return session.connection().execute(statement.returning(table.id)).scalar()


def add_each_once(session: Session, table: type[LedgerRow], unique: str, rows: list[dict[str, Any]]) -> set[Any]:
    """Insert each row unless one with its *unique* column is there. Return that column of those that were not."""
    statement = _each_once(session.get_bind().dialect.name, table, unique)
    return set(session.connection().execute(statement, rows).scalars())


@cache
def _each_once(dialect: str, table: type[LedgerRow], unique: str) -> Executable:
    # Made once: SQLAlchemy recognises it, and need not find out anew what it has compiled already.
    made = sqlite_insert(table) if dialect == "sqlite" else postgres_insert(table)
    return made.on_conflict_do_nothing(index_elements=[unique]).returning(table.__table__.c[unique])
