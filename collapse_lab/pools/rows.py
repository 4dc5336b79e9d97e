"""Rows of a pool's file: one function or document a line, as JSON."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any


class PoolError(ValueError):
    """A pool is not to be had; the message is a sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a piece of code is from. ``licence`` is the SPDX name that the distribution's metadata was taken for."""

    distribution: str
    version: str
    path: str
    line: int
    licence: str


@dataclass(frozen=True, slots=True)
class Row:
    """A prompt and what its author wrote after it; together they are a whole source text.

    ``name`` is the function's, empty for a document that is none.
    """

    name: str
    prompt: str
    completion: str
    origin: Origin

    @property
    def text(self) -> str:
        """The whole source."""
        return self.prompt + self.completion

    @property
    def sha256(self) -> str:
        """The hash of prompt and completion (64 hexadecimal digits)."""
        return hashlib.sha256(f"{self.prompt}\0{self.completion}".encode("utf-8", "surrogatepass")).hexdigest()

    def as_json(self) -> str:
        """Return the row as a line of a file, without the line's end."""
        return json.dumps({**asdict(self), "sha256": self.sha256}, sort_keys=True, ensure_ascii=True)


_TEXTS = ("name", "prompt", "completion")
_ORIGIN: dict[str, type] = {field.name: int if field.name == "line" else str for field in fields(Origin)}


def write(rows: Iterable[Row], path: Path) -> str:
    """Write a file whole or not at all; return its SHA-256 (64 hexadecimal digits)."""
    return write_lines((row.as_json() for row in rows), path)


def write_lines(lines: Iterable[str], path: Path) -> str:
    """Write a file of *lines*, none of which has an end yet, as ``write`` does."""
    data = "".join(f"{line}\n" for line in lines).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
    return hashlib.sha256(data).hexdigest()


def read(path: Path) -> tuple[list[Row], str]:
    """Return a file's rows and its SHA-256. Raises ``PoolError`` for a file or a line that is not as ``write`` makes
    them."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PoolError(
            f"The pool {path} cannot be read: {error.strerror}. `collapse-lab harvest --out {path}` writes one."
        ) from error
    rows = [_row(line, f"{path}, line {number}") for number, line in enumerate(data.splitlines(), start=1)]
    if not rows:
        raise PoolError(f"The pool {path} is empty. `collapse-lab harvest --out {path}` writes a new one.")
    return rows, hashlib.sha256(data).hexdigest()


def _row(line: bytes, where: str) -> Row:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise PoolError(
            f"{where}: this is no JSON: {error}. Write the file anew with `collapse-lab harvest`."
        ) from error
    origin = found.get("origin") if isinstance(found, dict) else None
    if not isinstance(origin, dict) or not _typed(found, dict.fromkeys(_TEXTS, str)) or not _typed(origin, _ORIGIN):
        raise PoolError(
            f"{where}: a row needs the texts `name`, `prompt` and `completion`, and an `origin` with "
            f"{', '.join(f'`{name}`' for name in _ORIGIN)}."
        )
    place = Origin(**{name: origin[name] for name in _ORIGIN})
    row = Row(found["name"], found["prompt"], found["completion"], place)
    if found.get("sha256") != row.sha256:
        raise PoolError(f"{where}: the row is not what its `sha256` says; somebody changed it, or it was cut off.")
    if not row.prompt.endswith("\n"):
        raise PoolError(f"{where}: the prompt does not end with a line's end.")
    return row


def _typed(found: dict[str, Any], types: dict[str, type]) -> bool:
    return all(type(found.get(name)) is type_ for name, type_ in types.items())
