"""JSON that anybody may have written: read without trust, and sealed by a hash over all that it says."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

# The largest card that ships has a few dozen kilobytes; a study of 100 rounds stays far below this.
MAX_BYTES = 2_000_000


class SealError(ValueError):
    """A file that is no evidence; the message says in a sentence why."""


def seal(value: dict[str, Any]) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of the canonical JSON of *value* without its ``hash``.

    Canonical: keys sorted, no blanks, ASCII only, numbers as Python writes them.
    """
    rest = {key: part for key, part in value.items() if key != "hash"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def unsealed(content: bytes) -> dict[str, Any]:
    """Return the object in a file whose hash is right. Raises ``SealError``, whatever the file holds."""
    if len(content) > MAX_BYTES:
        raise SealError(f"It has more than {MAX_BYTES // 1_000_000} MB; no card is that large.")
    try:
        value = json.loads(
            content.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_refused, parse_float=_finite
        )
    except SealError:
        raise
    except (ValueError, RecursionError) as error:
        raise SealError(f"It is no JSON that can be read ({type(error).__name__}).") from error
    if not isinstance(value, dict):
        raise SealError("It is JSON, but no object.")
    try:
        right = seal(value)
    except (ValueError, RecursionError) as error:
        raise SealError(f"It is no JSON that can be read ({type(error).__name__}).") from error
    if value.get("hash") != right:
        raise SealError("Its hash is not that of what it says: it was changed after it was made, or not made whole.")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: readers differ in which of the two they take."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise SealError("A key stands twice in it.")
    return found


def _refused(word: str) -> Any:
    raise SealError(f"{word} is no number in JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise SealError("A number in it is too large.")
    return number
