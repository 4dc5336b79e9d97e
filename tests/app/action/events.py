"""Event payloads, with the fields that GitHub sends and Exogate does not read among them."""

from __future__ import annotations

from typing import Any

REPOSITORY = {"id": 1, "full_name": "octo/shop", "default_branch": "main", "private": False}
NONE = "0" * 40


def pull_request(base: str, head: str, *, branch: str = "work", fork: bool = False, **more: Any) -> dict[str, Any]:
    origin = {**REPOSITORY, "full_name": "someone/shop", "fork": True} if fork else REPOSITORY
    pull = {
        "id": 7,
        "number": 7,
        "draft": False,
        "title": "A change",
        "body": None,
        "user": {"id": 42, "login": "ada", "type": "User", "site_admin": False},
        "base": {"sha": base, "ref": "main", "label": "octo:main", "repo": REPOSITORY},
        "head": {"sha": head, "ref": branch, "label": f"octo:{branch}", "repo": origin},
        "commits": 1,
        "merge_commit_sha": None,
        **more,
    }
    return {"action": "opened", "number": 7, "pull_request": pull, "repository": REPOSITORY, "sender": {"id": 42}}


def push(before: str, after: str, ref: str = "refs/heads/main", **more: Any) -> dict[str, Any]:
    return {"before": before, "after": after, "ref": ref, "commits": [], "repository": REPOSITORY, **more}


def merge_group(base: str, head: str) -> dict[str, Any]:
    group = {"base_sha": base, "head_sha": head, "base_ref": "refs/heads/main", "head_ref": "refs/heads/gh-queue/x"}
    return {"action": "checks_requested", "merge_group": group, "repository": REPOSITORY}
