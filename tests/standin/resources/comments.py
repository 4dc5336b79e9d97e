"""Comments on issues and pull requests."""

from __future__ import annotations

from typing import Any

from tests.standin import shapes
from tests.standin.resources import lookup
from tests.standin.wire import Answer, Page, Refusal, Request, Route, invalid, not_found
from tests.standin.world import Comment, Repository, World

LONGEST_BODY = 65_536


def _list(world: World, request: Request) -> Page:
    repo, issue = lookup.issue(world, request)
    return Page([shapes.comment(repo, c, request.base) for c in repo.comments if c.number == issue.number])


def _create(world: World, request: Request) -> Answer:
    repo, issue = lookup.issue(world, request)
    assert request.token is not None
    made = world.comment(repo, issue.number, request.token.user, _body(request))
    return Answer(201, shapes.comment(repo, made, request.base))


def _get(world: World, request: Request) -> dict[str, Any]:
    repo, comment = _find(world, request)
    return shapes.comment(repo, comment, request.base)


def _update(world: World, request: Request) -> dict[str, Any]:
    repo, comment = _own(world, request)
    comment.body = _body(request)
    world.clock.advance(1)
    comment.updated = world.clock.stamp()
    return shapes.comment(repo, comment, request.base)


def _delete(world: World, request: Request) -> Answer:
    repo, comment = _own(world, request)
    repo.comments.remove(comment)
    return Answer(204)


def _find(world: World, request: Request) -> tuple[Repository, Comment]:
    repo = lookup.repository(world, request)
    found = [c for c in repo.comments if str(c.id) == request.params["comment_id"]]
    if not found:
        raise not_found()
    return repo, found[0]


def _own(world: World, request: Request) -> tuple[Repository, Comment]:
    """Return the comment; the Apps among us may change their own only."""
    repo, comment = _find(world, request)
    assert request.token is not None
    if request.token.permissions is not None and comment.user != request.token.user:
        raise Refusal(403, "Resource not accessible by integration")
    return repo, comment


def _body(request: Request) -> str:
    body: str = request.json()["body"]
    if not body.strip():
        raise invalid("IssueComment", "body", "missing_field")
    if len(body) > LONGEST_BODY:
        raise invalid("IssueComment", "body", "unprocessable", "Body is too long (maximum is 65536 characters)")
    return body


_EITHER = ("issues", "pull_requests")
ROUTES = (
    Route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", _list, _EITHER),
    Route("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", _create, _EITHER),
    Route("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", _get, _EITHER),
    Route("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", _update, _EITHER),
    Route("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", _delete, _EITHER),
)
