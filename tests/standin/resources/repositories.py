"""Repositories and their forks."""

from __future__ import annotations

from typing import Any

from tests.standin import shapes
from tests.standin.resources import lookup
from tests.standin.wire import Page, Request, Route
from tests.standin.world import World


def _get(world: World, request: Request) -> dict[str, Any]:
    return shapes.full_repository(world, lookup.repository(world, request), request.base)


def _forks(world: World, request: Request) -> Page:
    repo = lookup.repository(world, request)
    forks = [other for other in world.repositories.values() if other.parent == repo.full_name]
    return Page([shapes.minimal_repository(fork, request.base) for fork in forks])


ROUTES = (
    Route("GET", "/repos/{owner}/{repo}", _get, ("metadata",)),
    Route("GET", "/repos/{owner}/{repo}/forks", _forks, ("metadata",)),
)
