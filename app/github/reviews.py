"""The reviews of a pull request, read from GitHub for ``app.reviewers`` to judge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from app.github.api import Api
from app.github.errors import MissingError
from app.github.pull import read_actor
from app.provenance.commit import Actor
from app.reviewers import Given, to_be_asked

# Whoever approves is asked about at most; on a pull request with more approvals the rest count as outsiders'.
MOST_ASKED = 5


def fetch_reviews(api: Api, repository: str, number: int, *, head: str, author: Actor) -> list[Given]:
    """Return the reviews of a pull request, oldest first, with the permissions of those whose approval may count.

    One call, and one more for each of them. Raises ``GitHubError``.
    """
    listed = api.get_all(f"/repos/{repository}/pulls/{number}/reviews")
    given = [_read(each) for each in listed if isinstance(each, dict)]
    return with_permissions(api, repository, given, to_be_asked(given, head, author)[:MOST_ASKED])


def with_permissions(api: Api, repository: str, given: Iterable[Given], logins: Iterable[str]) -> list[Given]:
    """Return the reviews with what these accounts may do. Raises ``GitHubError``.

    GitHub's ``author_association`` does not tell: a member of an organisation may have no right to write, and one
    whose membership is private looks like a contributor.
    """
    asked = {login: permission(api, repository, login) for login in dict.fromkeys(logins)}
    return [replace(review, permission=asked.get(review.reviewer.login, review.permission)) for review in given]


def permission(api: Api, repository: str, login: str) -> str:
    """Return what an account may do in a repository (``none``, ``read``, ... ``admin``). Raises ``GitHubError``."""
    try:
        found = api.get(f"/repos/{repository}/collaborators/{quote(login, safe='')}/permission")
    except MissingError:
        return "none"
    return str(found.get("permission") or "none")


def _read(review: dict[str, Any]) -> Given:
    commit = review.get("commit_id")
    return Given(
        reviewer=read_actor(review.get("user")),
        state=str(review.get("state") or "").upper(),
        commit=commit if isinstance(commit, str) else None,
        association=str(review.get("author_association") or "NONE"),
        body=str(review.get("body") or ""),
    )
