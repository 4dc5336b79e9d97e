"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

from app.reporting.text import well_formed


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. A time without a zone is refused: nobody could tell which moment it is."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return *value* in UTC; SQLite keeps no zone, so none is written there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"The time {value.isoformat()} names no zone. Give one in UTC.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment, with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    r"""Text that may quote anything: what the databases cannot hold (NUL, lone surrogates) is written ``\x00``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return *value* as both databases take it."""
        return None if value is None else storable(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Return the text as it was written."""
        return None if value is None else str(value)


def storable(text: str) -> str:
    r"""Return *text* with NULs and lone surrogates as visible escapes."""
    return well_formed(text).replace("\0", "\\x00")


# SQLite gives out its own row ids only to a column of exactly this type.
Key = BigInteger().with_variant(Integer(), "sqlite")
