"""Parquet, by pyarrow: the same columns as the JSON lines, typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from importlib import import_module
from itertools import islice
from typing import IO, Any

from app.ledger.errors import LedgerError
from app.ledger.export.rows import Row

_BATCH = 10_000
_NUMBERS = ("repository_id", "number", "first", "last", "blob_lines")
_MAPPINGS = ("gate_versions", "verdicts")


def parquet(rows: Iterable[Row], target: IO[bytes]) -> None:
    """Write the rows to *target*, in groups of 10,000. Raises ``LedgerError`` where pyarrow is not installed."""
    try:
        pyarrow, files = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise LedgerError("Parquet needs pyarrow. Install it: pip install pyarrow, or export JSON lines.") from error
    schema = pyarrow.schema([(name, _type(pyarrow, name)) for name in Row.__slots__])
    waiting = iter(rows)
    with files.ParquetWriter(target, schema) as writer:
        while batch := [_plain(row) for row in islice(waiting, _BATCH)]:
            writer.write_table(pyarrow.Table.from_pylist(batch, schema=schema))


def _plain(row: Row) -> dict[str, Any]:
    mappings = ((name, getattr(row, name)) for name in _MAPPINGS)
    return {**asdict(row), **{name: None if told is None else list(told.items()) for name, told in mappings}}


def _type(pyarrow: Any, name: str) -> Any:
    if name in _NUMBERS:
        return pyarrow.int64()
    if name in _MAPPINGS:
        return pyarrow.map_(pyarrow.string(), pyarrow.string())
    others = {
        "merged": pyarrow.timestamp("us", tz="UTC"),
        "gates_passed": pyarrow.bool_(),
    }
    return others.get(name, pyarrow.string())
