"""One comment on a pull request, found again and updated in place; never a second one."""

from __future__ import annotations

from typing import Any

from app.github.api import Api
from app.github.errors import MissingError
from app.github.target import Target, own_login

MARKER = "<!-- exogate:review -->"
# "Body is too long (maximum is 65536 characters)" (GitHub's answer to a longer one).
LONGEST_BODY = 65_536
_CUT = "\n\n*The rest did not fit into a comment; see the job's summary.*"


def body_of(text: str) -> str:
    """Return the comment's body: the marker on a line of its own, and as many whole lines of *text* as fit."""
    whole = f"{MARKER}\n{text.strip()}"
    if len(whole) <= LONGEST_BODY:
        return whole
    cut = whole[: LONGEST_BODY - len(_CUT)]
    lines = cut.rpartition("\n")[0]
    return (lines if len(lines) > len(MARKER) else cut) + _CUT


def put(api: Api, target: Target, text: str) -> None:
    """Write or update our comment. Raises ``GitHubError``.

    A comment is ours where its author is the account we act as *and* it starts with the marker: the marker alone
    can stand in anybody's comment. Where two are ours, the older one stays.
    """
    own = own_login(api, target)
    body = body_of(text)
    ours = _ours(api, target, own)
    if not ours:
        made = api.write("POST", f"{target.issue_path}/comments", {"body": body}, done=lambda: _first(api, target, own))
        own = _author(made) or own  # its answer knows best who we are
        # A second look: another run may have written meanwhile, or a write that seemed lost may have come late.
        ours = _ours(api, target, own)
    for first in ours[:1]:
        if _body(first) != body:
            api.write("PATCH", f"{_path(target)}/{first['id']}", {"body": body})
    for other in ours[1:]:
        try:
            api.write("DELETE", f"{_path(target)}/{other['id']}")
        except MissingError:
            continue  # our first answer was lost


def _ours(api: Api, target: Target, own: str) -> list[dict[str, Any]]:
    comments = api.get_all(f"{target.issue_path}/comments")
    return sorted((c for c in comments if _is_ours(c, own)), key=lambda comment: int(comment["id"]))


def _first(api: Api, target: Target, own: str) -> dict[str, Any] | None:
    return next(iter(_ours(api, target, own)), None)


def _is_ours(comment: Any, own: str) -> bool:
    if not isinstance(comment, dict) or not isinstance(comment.get("id"), int):
        return False
    return _author(comment) == own and _body(comment).startswith(MARKER)


def _body(comment: dict[str, Any]) -> str:
    return str(comment.get("body") or "").replace("\r\n", "\n")


def _author(comment: object) -> str | None:
    author = comment.get("user") if isinstance(comment, dict) else None
    login = author.get("login") if isinstance(author, dict) else None
    return login if isinstance(login, str) else None


def _path(target: Target) -> str:
    return f"/repos/{target.repository}/issues/comments"
