"""A pull request as GitHub describes it now: all that a review needs to know of it, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.github.api import Api
from app.github.errors import GitHubError
from app.provenance.commit import Actor

_GHOST = Actor(10137, "ghost", is_bot=False)  # whom GitHub shows for an account that is gone


@dataclass(frozen=True)
class PullRequest:
    """A pull request. ``title``, ``body`` and ``head_ref`` are its author's words; all else is GitHub's.

    ``repository`` is the base's name as it is now (it may have been renamed), ``head_repository`` ``None`` where the
    fork is gone. ``updated`` is GitHub's time of the last change, as it writes it.
    """

    repository: str
    repository_id: int
    number: int
    is_open: bool
    is_draft: bool
    merge_sha: str | None
    author: Actor
    title: str
    body: str
    base_ref: str
    base: str
    head_ref: str
    head: str
    head_repository: str | None
    labels: tuple[str, ...]
    updated: str

    @property
    def is_fork(self) -> bool:
        """Whether the head comes from another repository, or from one that is gone."""
        return self.head_repository != self.repository


def fetch_pull(api: Api, repository: str, number: int) -> PullRequest:
    """Return a pull request. Raises ``GitHubError``; ``MissingError`` where it or its repository is gone."""
    return read_pull(api.get(f"/repos/{repository}/pulls/{number}"))


def pulls_with_head(api: Api, repository: str, sha: str) -> list[PullRequest]:
    """Return the open pull requests whose head is a commit.

    For events that name a commit alone: GitHub leaves ``pull_requests`` empty for heads of forks. Raises
    ``GitHubError``.
    """
    found = api.get_all(f"/repos/{repository}/commits/{sha}/pulls")
    pulls = [read_pull(each) for each in found if isinstance(each, dict)]
    return [pull for pull in pulls if pull.head == sha and pull.is_open]


def read_pull(data: Mapping[str, Any]) -> PullRequest:
    """Read a pull request from GitHub's JSON (an answer's or a webhook's). Raises ``GitHubError``."""
    try:
        base, head = data["base"], data["head"]
        there = head.get("repo")
        merged = bool(data.get("merged_at") or data.get("merged"))
        return PullRequest(
            repository=str(base["repo"]["full_name"]),
            repository_id=int(base["repo"]["id"]),
            number=int(data["number"]),
            is_open=data["state"] == "open",
            is_draft=bool(data.get("draft")),
            merge_sha=data.get("merge_commit_sha") if merged else None,
            author=read_actor(data.get("user")),
            title=str(data.get("title") or ""),
            body=str(data.get("body") or ""),
            base_ref=str(base["ref"]),
            base=str(base["sha"]),
            head_ref=str(head["ref"]),
            head=str(head["sha"]),
            head_repository=str(there["full_name"]) if there else None,
            labels=tuple(str(label["name"]) for label in data.get("labels") or ()),
            updated=str(data.get("updated_at") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise GitHubError("GitHub described a pull request in another form than its description says.") from None


def read_actor(user: object) -> Actor:
    """Read an account from GitHub's JSON; ``null``, for one that is gone, is GitHub's ghost."""
    if not isinstance(user, dict) or not isinstance(user.get("login"), str):
        return _GHOST
    number = user.get("id")
    return Actor(number if isinstance(number, int) else 0, user["login"], is_bot=user.get("type") == "Bot")
