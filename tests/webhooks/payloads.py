"""Small payloads of the form of GitHub's, for tests."""

from __future__ import annotations

from typing import Any

HEAD, BASE, MERGE = "a" * 40, "b" * 40, "c" * 40
NEWER = "d" * 40
APP = 7
REPOSITORY = {"id": 11, "full_name": "octo/shop"}
PERSON = {"login": "ada", "type": "User", "id": 3}
BOT = {"login": "helper[bot]", "type": "Bot", "id": 4}
WHERE = {"installation": 5, "repository_id": 11, "repository": "octo/shop", "delivery": "d-1"}


def pull(head: str = HEAD, updated: str = "2026-05-01T10:00:00Z", **more: Any) -> dict[str, Any]:
    return {
        "number": 1,
        "head": {"sha": head, "ref": "feature"},
        "base": {"sha": BASE, "ref": "main"},
        "updated_at": updated,
        **more,
    }


def event(action: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "installation": {"id": 5}, "repository": REPOSITORY, "sender": PERSON, **more}


def pulled(action: str, head: str = HEAD, updated: str = "2026-05-01T10:00:00Z", **more: Any) -> dict[str, Any]:
    return event(action, pull_request=pull(head, updated), **more)
