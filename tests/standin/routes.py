"""The table of routes: one file a resource; another one joins by its name here."""

from __future__ import annotations

import re
from functools import cache

from tests.standin.resources import (
    checks,
    comments,
    contents,
    events,
    installations,
    issues,
    labels,
    pulls,
    repositories,
    reviews,
    runs,
    sign_in,
    users,
)
from tests.standin.wire import Route

_RESOURCES = (
    users,
    repositories,
    pulls,
    issues,
    labels,
    comments,
    events,
    runs,
    installations,
    checks,
    reviews,
    contents,
    sign_in,
)
ROUTES: tuple[Route, ...] = tuple(route for resource in _RESOURCES for route in resource.ROUTES)


def find(method: str, segments: tuple[str, ...]) -> tuple[Route, dict[str, str]] | None:
    """Return the route for a path (its parts, decoded) with its parameters; fixed parts win over parameters."""
    for route, pattern in _by_fixed_parts():
        if route.method == method:
            params = _match(pattern, segments)
            if params is not None:
                return route, params
    return None


@cache
def _by_fixed_parts() -> list[tuple[Route, tuple[str, ...]]]:
    rows = [(route, tuple(route.path.strip("/").split("/"))) for route in ROUTES]
    return sorted(rows, key=lambda row: sum(part.startswith("{") for part in row[1]))


def _match(pattern: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    if pattern[-1] == "{path}" and len(segments) >= len(pattern):  # a file's path has parts of its own
        segments = (*segments[: len(pattern) - 1], "/".join(segments[len(pattern) - 1 :]))
    if len(pattern) != len(segments):
        return None
    params: dict[str, str] = {}
    for part, segment in zip(pattern, segments, strict=True):
        if name := re.fullmatch(r"\{(\w+)\}", part):
            params[name.group(1)] = segment
        elif part != segment:
            return None
    return params
