"""Issues; every pull request is one."""

from __future__ import annotations

from typing import Any

from tests.standin import shapes
from tests.standin.resources import lookup
from tests.standin.wire import Request, Route
from tests.standin.world import World


def _get(world: World, request: Request) -> dict[str, Any]:
    repo, issue = lookup.issue(world, request)
    return shapes.issue(repo, issue, request.base)


ROUTES = (Route("GET", "/repos/{owner}/{repo}/issues/{issue_number}", _get, ("issues", "pull_requests")),)
