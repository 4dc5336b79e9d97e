"""GitHub's own example payloads, as npm's @octokit/webhooks-examples carries them (`make node`)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_INDEX = Path(__file__).parent / "node/node_modules/@octokit/webhooks-examples/api.github.com/index.json"
NEEDED = pytest.mark.skipif(not _INDEX.exists(), reason="needs @octokit/webhooks-examples: make node")


@cache
def examples() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return each example with its event's name; none where they are not installed."""
    if not _INDEX.exists():
        return ()
    listed = json.loads(_INDEX.read_text("utf-8"))
    return tuple((event["name"], payload) for event in listed for payload in event["examples"])
