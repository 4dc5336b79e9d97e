"""Finding what a path names, or refusing as GitHub does."""

from __future__ import annotations

from tests.standin.wire import Request, not_found
from tests.standin.world import Issue, Pull, Repository, World


def repository(world: World, request: Request) -> Repository:
    """Return the repository of the path."""
    found = world.repositories.get(f"{request.params['owner']}/{request.params['repo']}")
    if found is None:
        raise not_found()
    return found


def issue(world: World, request: Request) -> tuple[Repository, Issue]:
    """Return the issue of the path, with its repository."""
    repo = repository(world, request)
    found = repo.issues.get(_number(request.params["issue_number"]))
    if found is None:
        raise not_found()
    return repo, found


def pull(world: World, request: Request) -> tuple[Repository, Pull]:
    """Return the pull request of the path, with its repository."""
    repo = repository(world, request)
    found = repo.pulls.get(_number(request.params["pull_number"]))
    if found is None:
        raise not_found()
    return repo, found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1
