"""What happened to an issue: who labelled what, and the timeline."""

from __future__ import annotations

from typing import Any

from tests.standin import shapes
from tests.standin.resources import lookup
from tests.standin.wire import Page, Request, Route
from tests.standin.world import Comment, Repository, World


def _events(world: World, request: Request) -> Page:
    repo, issue = lookup.issue(world, request)
    return Page([shapes.event(repo, e, request.base) for e in repo.events if e.number == issue.number])


def _timeline(world: World, request: Request) -> Page:
    repo, issue = lookup.issue(world, request)
    rows = [(e.created, shapes.event(repo, e, request.base)) for e in repo.events if e.number == issue.number]
    rows += [(c.created, _commented(repo, c, request.base)) for c in repo.comments if c.number == issue.number]
    return Page([row for _, row in sorted(rows, key=lambda row: row[0])])


def _commented(repo: Repository, comment: Comment, base: str) -> dict[str, Any]:
    return {**shapes.comment(repo, comment, base), "event": "commented", "actor": shapes.user(comment.user, base)}


_EITHER = ("issues", "pull_requests")
ROUTES = (
    Route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/events", _events, _EITHER),
    Route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/timeline", _timeline, _EITHER),
)
