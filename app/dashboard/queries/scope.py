"""What a reader may see, as part of a query, and other pieces that several queries share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Text, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute

Readable = frozenset[int] | None
"""The numbers of the repositories that may be read; ``None``: every one."""


def within(
    column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], ids: Readable
) -> ColumnElement[bool]:
    """Return the condition that a row belongs to a repository that may be read."""
    return true() if ids is None else column.in_(sorted(ids))


class month(FunctionElement[str]):  # noqa: N801  as SQL functions are called
    """The month of a moment in UTC, as ``2026-08``."""

    type = Text()
    inherit_cache = True
    name = "month"

    def __init__(self, moment: InstrumentedAttribute[datetime]) -> None:
        super().__init__(moment)


@compiles(month, "sqlite")
def _sqlite(element: month, compiler: Any, **options: Any) -> str:
    # The ledger's moments are texts in UTC there: 2026-08-01 12:00:00.000000.
    return f"substr({compiler.process(element.clauses, **options)}, 1, 7)"


@compiles(month, "postgresql")
def _postgres(element: month, compiler: Any, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC', 'YYYY-MM')"
