"""What a condition may speak of: each field's operators, and the words that it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.export.glob import MOST, folders
from app.ledger.export.jsonl import timestamp
from app.ledger.words import Reviewers
from app.provenance.types import Status
from gates.nearest import did_you_mean
from gates.presets import preset_names

EQUAL = ("=", "!=", "in", "not in")
PASSED, FAILED, UNJUDGED = "passed", "failed", "unjudged"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its operators, and ``read``, which returns a value in its one spelling.

    ``read`` takes the operator and the value as written, and raises ``ValueError`` with a sentence.
    """

    operators: tuple[str, ...]
    read: Callable[[str, str], str]


def words(*known: str) -> Callable[[str, str], str]:
    """Return a reader of these words, whatever their case."""

    def read(operator: str, value: str) -> str:
        if value.lower() in known:
            return value.lower()
        raise ValueError(f"{quoted(value)} is none of {', '.join(known)}.{did_you_mean(value.lower()[:80], known)}")

    return read


_of_gates = words(PASSED, FAILED, UNJUDGED)


def _gates(operator: str, value: str) -> str:
    presets = preset_names()
    if operator == ">=":
        if value in presets:
            return value
        raise ValueError(f"{quoted(value)} is no preset: {', '.join(presets)}.{did_you_mean(value[:80], presets)}")
    if value in presets:
        raise ValueError(f"{value} is a preset, and those are compared by >=: gates >= {value}.")
    return _of_gates(operator, value)


def _moment(operator: str, value: str) -> str:
    sentence = f"{quoted(value)} is no day and no time. Write one as 2026-08-01 or 2026-08-01T12:00:00Z; UTC is meant."
    if not _MOMENT.fullmatch(value):
        raise ValueError(sentence)
    try:
        found = datetime.fromisoformat(value)
        return timestamp(found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC))
    except (ValueError, OverflowError):
        raise ValueError(sentence) from None


def _text(operator: str, value: str) -> str:
    if not value:
        raise ValueError("An empty text equals nothing. Where no tool is named, write unknown.")
    return value


def _glob(operator: str, value: str) -> str:
    if not value:
        raise ValueError("An empty glob matches nothing. Write one as 'src/**/*.py'.")
    if folders(value) > MOST:
        raise ValueError(f"A glob has at most {MOST} **/; one * crosses folders, too.")
    return value


FIELDS: Mapping[str, Field] = {
    "provenance": Field(EQUAL, words(*(status.value for status in Status))),
    "gates": Field((">=", *EQUAL), _gates),
    "reviewers": Field(EQUAL, words(*(one.value for one in Reviewers))),
    "harness": Field(EQUAL, _text),
    "model_family": Field(EQUAL, _text),
    "merged": Field(("<", ">="), _moment),
    "path": Field(("~",), _glob),
}


def quoted(text: str) -> str:
    """Return what somebody wrote, as a complaint shows it: not longer than a line, with nothing that acts."""
    return repr(text if len(text) <= 40 else f"{text[:40]}...")
