"""GitHub's published example payloads, from npm's @octokit/webhooks-examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

INDEX = Path(__file__).parents[1] / "node/node_modules/@octokit/webhooks-examples/api.github.com/index.json"
COUNT = 329


@cache
def _read() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(INDEX.read_text("utf-8"))
    return found


def examples(event: str | None = None, action: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return pairs of an event's name and a payload; all, or those of one event and action."""
    if not INDEX.exists():
        pytest.skip("needs npm's @octokit/webhooks-examples: make node")
    for named in _read():
        for payload in named["examples"]:
            if event in (None, named["name"]) and action in (None, payload.get("action")):
                yield named["name"], payload
