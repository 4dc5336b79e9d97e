"""A corpus as JSON lines: a row that is kept leaves byte for byte as it came, a weight put behind its last key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from app.export.choice import WEIGHT, Choice, Columns, CorpusError, Tally
from app.export.known import Knowledge


def chosen_lines(
    lines: Iterable[bytes], source: str, columns: Columns, knowledge: Knowledge, choice: Choice, tally: Tally
) -> Iterator[bytes]:
    """Yield the rows that stay, and count all of them. *source* names the file in errors. Raises ``CorpusError``."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        row = _row(text, f"{source}, line {number}")
        place = [
            _value(row, name, f"{source}, line {number}") for name in (columns.repository, columns.path, columns.blob)
        ]
        if choice.weigh and WEIGHT in row:
            raise CorpusError(
                f"{source}, line {number} has a {WEIGHT} already. Take it out, or filter without --weight."
            )
        content = knowledge.find(*place) if all(place) else None
        weight = choice.weight(content)
        tally.read += 1
        tally.unknown += content is None
        if weight is None:
            continue
        tally.kept += 1
        tally.weights += weight
        yield (text[:-1].rstrip() + f', "{WEIGHT}": {weight!r}}}'.encode() if choice.weigh else text) + b"\n"


def _row(text: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{where} is no JSON ({type(error).__name__}). Mend or remove the line.") from error
    if not isinstance(row, dict):
        raise CorpusError(f"{where} is no JSON object. A row is one, with a key for each column.")
    return row


def _value(row: dict[str, Any], name: str, where: str) -> str:
    if name not in row:
        raise CorpusError(f"{where} has no {name!r}. Say what it is called with --column.")
    value = row[name]
    if value is not None and not isinstance(value, str):
        raise CorpusError(f"{where}: {name!r} is no text. Name another column with --column.")
    return value or ""
