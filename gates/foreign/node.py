"""``package.json``: the head's, but with the base's say in what a command runs."""

from __future__ import annotations

import json
from typing import Any

# What npm, pnpm and yarn run by name, and where test runners and linters look for their settings.
JUDGING_KEYS = (
    "scripts", "config", "jest", "mocha", "ava", "nyc", "c8", "tap", "vitest", "jasmine", "karma", "cypress", "wtr",
    "eslintConfig", "eslintIgnore", "stylelint", "prettier", "xo", "standard", "babel", "browserslist", "tsd", "np",
    "lint-staged", "husky", "pre-commit", "wireit", "nx",
)  # fmt: skip


def merge(base: bytes | None, head: bytes) -> tuple[bytes, list[str]]:
    """Return the head's manifest with the base's judging keys, and the keys in which the head differed.

    The head's is returned unchanged where nothing differs, or where it is no JSON object (npm then fails by itself).
    A base that is missing or no JSON object has none of the keys.
    """
    theirs = _object(head)
    if theirs is None:
        return head, []
    ours = (_object(base) if base is not None else None) or {}
    edited = [key for key in JUDGING_KEYS if theirs.get(key) != ours.get(key) or (key in theirs) != (key in ours)]
    if not edited:
        return head, []
    kept = {key: value for key, value in theirs.items() if key not in JUDGING_KEYS}
    merged = {**kept, **{key: ours[key] for key in JUDGING_KEYS if key in ours}}
    return json.dumps(merged, indent=2).encode(), edited


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
