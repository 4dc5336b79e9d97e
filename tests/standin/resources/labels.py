"""Labels: those that a repository offers, and those on an issue."""

from __future__ import annotations

import re
from typing import Any

from tests.standin import shapes
from tests.standin.resources import lookup
from tests.standin.wire import Answer, Page, Request, Route, invalid, not_found
from tests.standin.world import Label, Repository, World

_LONGEST_NAME = 50
_LONGEST_DESCRIPTION = 100
_MOST_ON_AN_ISSUE = 100
_COLOR = re.compile(r"[0-9a-fA-F]{6}\Z")


def _list(world: World, request: Request) -> Page:
    repo = lookup.repository(world, request)
    return Page([shapes.label(repo, offered, request.base) for offered in repo.labels.values()])


def _get(world: World, request: Request) -> dict[str, Any]:
    repo = lookup.repository(world, request)
    return shapes.label(repo, _offered(repo, request.params["name"]), request.base)


def _create(world: World, request: Request) -> Answer:
    repo = lookup.repository(world, request)
    wanted = request.json()
    _check_name(wanted["name"])
    color = wanted.get("color", "ededed")
    if not _COLOR.match(color):
        raise invalid("Label", "color", "invalid")
    if len(wanted.get("description") or "") > _LONGEST_DESCRIPTION:
        raise invalid("Label", "description", "invalid", "description is too long (maximum is 100 characters)")
    if wanted["name"].lower() in repo.labels:
        raise invalid("Label", "name", "already_exists")
    made = world.offer_label(repo, wanted["name"], color.lower(), wanted.get("description"))
    return Answer(201, shapes.label(repo, made, request.base))


def _update(world: World, request: Request) -> dict[str, Any]:
    repo = lookup.repository(world, request)
    offered = _offered(repo, request.params["name"])
    wanted = request.json()
    if not _COLOR.match(wanted.get("color", offered.color)):
        raise invalid("Label", "color", "invalid")
    if len(wanted.get("description") or "") > _LONGEST_DESCRIPTION:
        raise invalid("Label", "description", "invalid", "description is too long (maximum is 100 characters)")
    offered.color = wanted.get("color", offered.color).lower()
    offered.description = wanted.get("description", offered.description)
    return shapes.label(repo, offered, request.base)


def _on_issue(world: World, request: Request) -> Page:
    repo, issue = lookup.issue(world, request)
    return Page(shapes.labels(repo, issue.number, request.base))


def _add(world: World, request: Request) -> list[dict[str, Any]]:
    repo, issue = lookup.issue(world, request)
    body = request.json()
    names = [each["name"] if isinstance(each, dict) else each for each in _listed(body)]
    for name in names:
        _check_name(name)
    if len({*map(str.lower, issue.labels), *map(str.lower, names)}) > _MOST_ON_AN_ISSUE:
        raise invalid("Issue", "labels", "invalid")
    assert request.token is not None
    for name in names:
        if name.lower() not in repo.labels:
            world.offer_label(repo, name)  # GitHub makes unknown labels, in grey
        world.set_label(repo, issue.number, name, request.token.user)
    return shapes.labels(repo, issue.number, request.base)


def _remove(world: World, request: Request) -> list[dict[str, Any]]:
    repo, issue = lookup.issue(world, request)
    offered = repo.labels.get(request.params["name"].lower())
    if offered is None or offered.name not in issue.labels:
        raise not_found_label()
    assert request.token is not None
    world.set_label(repo, issue.number, offered.name, request.token.user, on=False)
    return shapes.labels(repo, issue.number, request.base)


def not_found_label() -> Exception:
    """Return GitHub's refusal to take off a label that is not there."""
    refusal = not_found()
    refusal.message = "Label does not exist"
    return refusal


def _listed(body: Any) -> list[Any]:
    if isinstance(body, dict):
        return list(body.get("labels", []))
    return body if isinstance(body, list) else [body]


def _offered(repo: Repository, name: str) -> Label:
    if name.lower() not in repo.labels:
        raise not_found()
    return repo.labels[name.lower()]


def _check_name(name: str) -> None:
    if not name.strip():
        raise invalid("Label", "name", "missing_field")
    if len(name) > _LONGEST_NAME:
        raise invalid("Label", "name", "invalid", "name is too long (maximum is 50 characters)")


_EITHER = ("issues", "pull_requests")
ROUTES = (
    Route("GET", "/repos/{owner}/{repo}/labels", _list, _EITHER),
    Route("POST", "/repos/{owner}/{repo}/labels", _create, _EITHER),
    Route("GET", "/repos/{owner}/{repo}/labels/{name}", _get, _EITHER),
    Route("PATCH", "/repos/{owner}/{repo}/labels/{name}", _update, _EITHER),
    Route("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", _on_issue, _EITHER),
    Route("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", _add, _EITHER),
    Route("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", _remove, _EITHER),
)
