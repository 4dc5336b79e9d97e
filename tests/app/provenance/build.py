"""Builders for commits, so that a test names only what it is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from app.provenance.commit import Commit
from app.provenance.detector import detect_commit
from app.provenance.types import Provenance

SHA = "a" * 40
PARENT = "b" * 40
WHEN = datetime(2026, 8, 1, 12, tzinfo=UTC)

CLAUDE = "Co-authored-by: Claude Opus 4.8 (1M context) <noreply@anthropic.com>"
NOREPLY = "users.noreply.github.com"
COPILOT = f"Copilot <198982749+Copilot@{NOREPLY}>"

Build = Callable[..., Commit]


def build_commit(message: str = "Fix the parser\n", **given: Any) -> Commit:
    author = given.get("author", "Jane Doe <jane@example.org>")
    committer = given.get("committer", author)
    name, _, email = author.rpartition(" <")
    by_name, _, by_email = committer.rpartition(" <")
    when = given.get("when", WHEN)
    return Commit(
        sha=given.get("sha", SHA),
        parents=given.get("parents", (PARENT,)),
        author_name=name,
        author_email=email.rstrip(">"),
        author_date=when,
        committer_name=by_name,
        committer_email=by_email.rstrip(">"),
        committer_date=given.get("committed", when),
        message=message,
    )


def with_trailers(*lines: str, **given: Any) -> Provenance:
    return detect_commit(build_commit("Fix the parser\n\nWhy it failed.\n\n" + "\n".join(lines) + "\n", **given))


def ids(found: Provenance) -> set[str]:
    return {signal.id for signal in found.signals}


def reason(found: Provenance, row: str) -> str:
    (only,) = [item.reason for item in found.ignored if item.id == row]
    return only
