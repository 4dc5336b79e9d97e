"""The rule set: one row a signal, read from ``signals.jsonl`` and indexed by what it looks at.

JSON lines, because PyYAML needs a tenth of a second for this many rows and JSON less than a millisecond, and
because one row a line keeps differences readable. The file's first line describes its columns.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from app.provenance.types import Role, Tier

_FILE = Path(__file__).with_name("signals.jsonl")
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Row:
    """One signal as the data file gives it; the columns are described in the file's first line."""

    id: str
    harness: str | None
    model_family: str | None
    field: str
    kind: str
    value: str
    tier: Tier
    valid_from: date | None
    valid_to: date | None
    role: Role | None
    strength: str
    source: str
    checked_on: date | None
    note: str | None

    @property
    def counts(self) -> bool:
        """Whether the row can ever be a signal; the others are listed to say why they are none."""
        return self.strength != "none"

    def covers(self, when: datetime) -> bool:
        """Whether the row is valid on the day of *when*, in UTC."""
        day = when.astimezone(UTC).date()
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def window(self) -> str:
        """Return the days on which the row is valid, in words."""
        start = f"from {self.valid_from} " if self.valid_from else ""
        return f"{start}to {self.valid_to}" if self.valid_to else start.strip() or "always"

    def pattern(self) -> re.Pattern[str]:
        """Return the row's regular expression."""
        return _compiled(self.value)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Rows speak of lines; a whole text is searched first, where ``$`` must mean the end of any of its lines.
    return re.compile(pattern, re.MULTILINE)


@dataclass(frozen=True)
class RuleSet:
    """All rows, and the indexes by which the detector looks them up (keys in lower case)."""

    version: str
    rows: tuple[Row, ...]
    by_id: Mapping[str, Row]
    by_field: Mapping[str, tuple[Row, ...]]
    accounts: Mapping[int, tuple[Row, ...]]
    logins: Mapping[str, tuple[Row, ...]]
    addresses: Mapping[str, tuple[Row, ...]]
    domains: Mapping[str, tuple[Row, ...]]
    trailers: Mapping[str, tuple[Row, ...]]

    @cached_property
    def trailer_keys(self) -> tuple[str, ...]:
        """The keys of all trailers that have a row."""
        return tuple(self.trailers)


@lru_cache(maxsize=1)
def shipped_rules() -> RuleSet:
    """Return the rule set that comes with Exogate, read once."""
    return parse_rules(_FILE.read_bytes())


def parse_rules(data: bytes) -> RuleSet:
    """Read a rule set. Raises ``ValueError``, ``KeyError`` or ``TypeError`` where a row is malformed."""
    head, *lines = data.decode("utf-8").splitlines()
    rows = tuple(_row(json.loads(line)) for line in lines)
    by_id = {row.id: row for row in rows}
    if len(by_id) != len(rows):
        raise ValueError("Two rows of the rule set have the same id.")
    accounts: dict[int, list[Row]] = defaultdict(list)
    logins: dict[str, list[Row]] = defaultdict(list)
    addresses: dict[str, list[Row]] = defaultdict(list)
    domains: dict[str, list[Row]] = defaultdict(list)
    trailers: dict[str, list[Row]] = defaultdict(list)
    fields: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        fields[row.field].append(row)
        match row.kind:
            case "account":
                number, _, login = row.value.partition("+")
                accounts[int(number)].append(row)
                logins[login.lower()].append(row)
            case "login":
                logins[row.value.lower()].append(row)
            case "address":
                addresses[row.value].append(row)
            case "domain" | "named-domain":
                domains[row.value].append(row)
            case "trailer" | "trailer-key" | "trailer-tool" | "trailer-pair":
                trailers[re.split(r":|\+", row.value, maxsplit=1)[0].lower()].append(row)
    version = f"{json.loads(head)['version']}+{hashlib.sha256(data).hexdigest()[:8]}"
    return RuleSet(
        version,
        rows,
        by_id,
        _frozen(fields),
        _frozen(accounts),
        _frozen(logins),
        _frozen(addresses),
        _frozen(domains),
        _frozen(trailers),
    )


def _frozen(index: Mapping[_Key, list[Row]]) -> dict[_Key, tuple[Row, ...]]:
    return {key: tuple(rows) for key, rows in index.items()}


def _row(raw: dict[str, Any]) -> Row:
    days = {name: date.fromisoformat(raw[name]) if raw[name] else None for name in _DAYS}
    return Row(
        id=raw["id"],
        harness=raw["harness"],
        model_family=raw["model_family"],
        field=raw["field"],
        kind=raw["match"]["kind"],
        value=raw["match"]["value"],
        tier=Tier(raw["tier"]),
        role=Role(raw["role"]) if raw["role"] else None,
        strength=raw["strength"],
        source=raw["source"],
        note=raw["note"],
        **days,
    )


_DAYS = ("valid_from", "valid_to", "checked_on")
