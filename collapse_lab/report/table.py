"""A table as it is computed: typed columns, so that the page, CSV and Parquet all come from the same values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from collapse_lab.metrics.intervals import Interval

Kind = Literal["text", "code", "count", "number", "share", "points", "percent", "p", "seconds"]
MISSING = "–"


@dataclass(frozen=True)
class Column:
    """A column: its key in rows, its heading, how its values are written, and what it means (for people)."""

    key: str
    title: str
    kind: Kind = "text"
    help: str = ""

    @property
    def numeric(self) -> bool:
        """Whether values are numbers, set to the right."""
        return self.kind not in ("text", "code")


@dataclass(frozen=True)
class Table:
    """Rows of named values. ``stacked`` tables hold sentences: on narrow screens each row becomes a block."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]
    note: str = ""
    stacked: bool = False

    def flat(self) -> list[dict[str, Any]]:
        """Return rows of plain values; an interval becomes three: ``key``, ``key_low``, ``key_high``."""
        wide = {c.key for c in self.columns for row in self.rows if isinstance(row.get(c.key), Interval)}
        rows = []
        for row in self.rows:
            flat: dict[str, Any] = {}
            for column in self.columns:
                value = row.get(column.key)
                if column.key in wide:
                    flat[column.key] = value.estimate if value else None
                    flat[f"{column.key}_low"] = value.low if value else None
                    flat[f"{column.key}_high"] = value.high if value else None
                else:
                    flat[column.key] = value
            rows.append(flat)
        return rows

    def write(self, folder: Path, prefix: str = "") -> None:
        """Write ``NAME.csv`` and ``NAME.parquet``, with *prefix* before the name."""
        import pandas as pd

        names = [key for row in self.flat()[:1] for key in row] or [c.key for c in self.columns]
        frame = pd.DataFrame(self.flat(), columns=names)
        frame.to_csv(folder / f"{prefix}{self.name}.csv", index=False)
        frame.to_parquet(folder / f"{prefix}{self.name}.parquet", index=False)


def shown(value: Any, kind: Kind) -> str:
    """Return a value as the page writes it."""
    if isinstance(value, Interval):
        ends = "" if value.low == value.high else f" ({bare(value.low, kind)} to {bare(value.high, kind)})"
        return f"{shown(value.estimate, kind)}{ends}"
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return MISSING
    if kind in ("text", "code"):
        return str(value)
    if kind == "p":
        return "< .001" if value < 0.001 else f"{value:.3f}"
    return f"{bare(value, kind)}{' %' if kind == 'percent' else ''}"


def bare(value: float, kind: Kind) -> str:
    """Return a number without its unit."""
    if kind == "count":
        return f"{value:,.0f}".replace(",", " ")
    if kind == "percent":
        return f"{100 * value:.0f}"
    if kind == "points":
        return f"{100 * value:+.1f}".replace("-", "−")
    if kind == "seconds":
        return f"{value:,.0f}".replace(",", " ") if value >= 10 else f"{value:.1f}"
    if kind == "share":
        return f"{value:.3f}".replace("-", "−")
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ").replace("-", "−")
    return (f"{value:.3g}" if abs(value) >= 1 else f"{value:.3f}").replace("-", "−")
