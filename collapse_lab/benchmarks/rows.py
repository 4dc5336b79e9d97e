"""Rows of a benchmark's file as its publishers wrote it, each checked before anything is made of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class BenchmarkError(ValueError):
    """A benchmark that is not to be had as it was asked for: a sentence."""


class Schema(BaseModel):
    """The fields of a published row that are read; others may be there."""

    model_config = ConfigDict(extra="ignore", frozen=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One task as published. ``place`` says where it stands; ``again`` reads it anew, so that it need not be kept."""

    place: str
    fields: Mapping[str, Any]
    again: Callable[[], Mapping[str, Any]]


R = TypeVar("R", bound=Schema)


def checked(row: Row, schema: type[R]) -> R:
    """Return the row's fields. Raises ``BenchmarkError`` with its place where one is missing or of another type."""
    try:
        return schema.model_validate(row.fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the row"
        raise BenchmarkError(f"{row.place}: {field}: {first['msg']}.") from error


def read(path: Path) -> Iterator[Row]:
    """Yield the rows of a ``.jsonl`` or ``.json`` file, either of them with ``.gz``.

    Raises ``BenchmarkError`` for a file that cannot be read and for a line that is no JSON object.
    """
    plain = path.suffix != ".gz"
    try:
        with path.open("rb") if plain else gzip.open(path, "rb") as stream:
            if path.name.removesuffix(".gz").endswith(".json"):
                yield from table(path.name, _parsed(stream.read(), path.name))
                return
            at = 0
            for number, line in enumerate(stream, 1):
                if line.strip():
                    place = f"{path}, line {number}"
                    fields = _object(_parsed(line, place), place)
                    yield Row(place, fields, partial(_reread, path, at) if plain else partial(_kept, fields))
                at += len(line)
    except (OSError, EOFError) as error:
        raise BenchmarkError(f"The benchmark file {path} cannot be read: {error}.") from error


def table(name: str, rows: Iterable[Any]) -> Iterator[Row]:
    """Yield the rows of what is a table already."""
    if isinstance(rows, dict):
        raise BenchmarkError(f"{name} holds one JSON object; a list of tasks is wanted.")
    for number, fields in enumerate(rows, 1):
        place = f"{name}, task {number}"
        yield Row(place, _object(fields, place), partial(_kept, fields))


def _kept(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    return fields


def _reread(path: Path, at: int) -> Mapping[str, Any]:
    with path.open("rb") as stream:
        stream.seek(at)
        return _object(_parsed(stream.readline(), str(path)), str(path))


def _parsed(text: bytes, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BenchmarkError(f"{place}: this is no JSON: {error}.") from error


def _object(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BenchmarkError(f"{place}: a JSON object is wanted, with a task's fields.")
    return value
