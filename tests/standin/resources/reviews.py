"""Reviews of pull requests, and what their authors may do."""

from __future__ import annotations

from typing import Any

from tests.standin import app_shapes, shapes
from tests.standin.resources import lookup
from tests.standin.wire import Page, Refusal, Request, Route
from tests.standin.world import World


def _list(world: World, request: Request) -> Page:
    repo, pull = lookup.pull(world, request)
    return Page([app_shapes.review(repo, it, request.base) for it in repo.reviews if it.number == pull.number])


def _permission(world: World, request: Request) -> dict[str, Any]:
    repo = lookup.repository(world, request)
    login = request.params["username"]
    if request.token is None:
        raise Refusal(401, "Requires authentication")
    if login not in world.users:
        raise Refusal(404, f"{login} is not a user")
    return app_shapes.permission(world, repo, login, request.base)


def _pulls_of(world: World, request: Request) -> Page:
    repo = lookup.repository(world, request)
    sha = request.params["commit_sha"]
    found = []
    for pull in repo.pulls.values():
        head = repo.git("rev-parse", f"refs/pull/{pull.number}/head").strip()
        base = repo.commit(pull.base_ref)
        if sha == head or sha in repo.git("rev-list", f"{base}..{head}").split():
            found.append(shapes.pull_simple(world, repo, pull, request.base))
    return Page(found)


ROUTES = (
    Route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", _list, ("pull_requests",)),
    Route("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", _permission, ("metadata",)),
    Route("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", _pulls_of, ("pull_requests", "contents")),
)
