"""Accounts, and what is left of the rate limit."""

from __future__ import annotations

from typing import Any

from tests.standin import shapes
from tests.standin.wire import Refusal, Request, Route
from tests.standin.world import World


def _me(world: World, request: Request) -> dict[str, Any]:
    if request.token is None:
        raise Refusal(401, "Requires authentication")
    if request.token.permissions is not None:
        raise Refusal(403, "Resource not accessible by integration")
    return shapes.own_user(request.token.user, request.base)


ROUTES = (Route("GET", "/user", _me),)
