"""JSON lines: one row a line, in ASCII (RFC 8259), times as RFC 3339 in UTC."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from app.ledger.export.rows import Row

_NAMES = tuple(field.name for field in fields(Row))


def jsonl(rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a line for each row; its keys are ``Row``'s fields."""
    for row in rows:
        yield json.dumps({name: _plain(getattr(row, name)) for name in _NAMES}).encode() + b"\n"


def _plain(value: Any) -> Any:
    return timestamp(value) if isinstance(value, datetime) else value


def timestamp(moment: datetime) -> str:
    """Return a moment in UTC as RFC 3339 writes it."""
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
