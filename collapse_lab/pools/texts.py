"""A file of natural-language texts: JSON lines, each with a ``text``, whatever else stands in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from collapse_lab.pools.paragraphs import MOST, pieces
from collapse_lab.pools.rows import Origin, PoolError, Row, write_lines

_ORIGIN = tuple(field.name for field in fields(Origin))


def text_row(text: str, origin: Origin) -> Row:
    """Return a text as a row: nobody is asked for it, and all of it is its author's."""
    return Row("", "", text, origin)


def write_texts(rows: Iterable[Row], path: Path) -> str:
    """Write a file whole or not at all; return its SHA-256 (64 hexadecimal digits)."""
    return write_lines(
        (json.dumps({"text": row.text, **asdict(row.origin)}, sort_keys=True, ensure_ascii=True) for row in rows), path
    )


def read_texts(path: Path) -> tuple[list[Row], str]:
    """Return a file's texts, each once, and its SHA-256. Longer ones are cut (``paragraphs.pieces``).

    Raises ``PoolError`` for a file without texts, and for a line that is none.
    """
    digest = hashlib.sha256()
    found: dict[str, Row] = {}
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                digest.update(line)
                if line.strip():
                    for row in _rows(line, path, number):
                        found.setdefault(row.text, row)
    except OSError as error:
        raise PoolError(
            f"The texts {path} cannot be read: {error.strerror}. `collapse-lab harvest --prose --out {path}` writes "
            "some."
        ) from error
    if not found:
        raise PoolError(f"The file {path} has no text. `collapse-lab harvest --prose --out {path}` writes a new one.")
    return list(found.values()), digest.hexdigest()


def _rows(line: bytes, path: Path, number: int) -> Iterator[Row]:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise PoolError(f"{path}, line {number}: this is no JSON: {error}.") from error
    text = said.get("text") if isinstance(said, dict) else None
    if not isinstance(text, str):
        raise PoolError(f"{path}, line {number}: a line needs a `text`, and that is a string.")
    origin = _origin(said, path, number)
    for part in [text] if len(text) <= MOST else pieces(text.split("\n\n"), least=1):
        if part.strip():
            yield text_row(part, origin)


def _origin(said: dict[str, Any], path: Path, number: int) -> Origin:
    """Return where a text is from: as the line says it, or the line itself."""
    if all(isinstance(said.get(name), int if name == "line" else str) for name in _ORIGIN):
        return Origin(**{name: said[name] for name in _ORIGIN})
    return Origin(path.name, "unknown", path.name, number, "unknown")
