"""What an App may learn of somebody who signed in by it, and the end of the token that they gave it."""

from __future__ import annotations

import base64
from typing import Any

from tests.standin import app_shapes, shapes
from tests.standin.apps import App, Installation
from tests.standin.resources.installations import SUSPENDED
from tests.standin.wire import Answer, Page, Refusal, Request, Route, not_found
from tests.standin.world import Repository, User, World

_NO_APP = "You must authenticate with an access token authorized to a GitHub App in order to list installations"


def _person(request: Request) -> tuple[User, App]:
    if request.token is None:
        raise Refusal(401, "Requires authentication")
    if request.token.client is None:
        raise Refusal(403, _NO_APP)
    return request.token.user, request.token.client


def _explicit(world: World, installation: Installation, user: User) -> list[Repository]:
    """Return the repositories that somebody was given a right to; that one is public gives none."""
    found = []
    for name, repo in world.repositories.items():
        inside = installation.repositories is None or name in installation.repositories
        given = repo.owner is user or repo.roles.get(user.login, "none") != "none"
        if repo.owner is installation.account and inside and given:
            found.append(repo)
    return found


def _installations(world: World, request: Request) -> Page:
    user, app = _person(request)
    own = [it for it in world.installations.values() if it.app is app]
    seen = [it for it in own if it.account is user or _explicit(world, it, user)]
    return Page([app_shapes.installation(it, request.base) for it in seen], "installations")


def _repositories(world: World, request: Request) -> Page:
    user, app = _person(request)
    installation = world.installations.get(int(request.params["installation_id"]))
    if installation is None or installation.app is not app:
        raise not_found()
    if installation.suspended is not None:
        raise Refusal(403, SUSPENDED)
    found = _explicit(world, installation, user)
    if not found and installation.account is not user:
        raise not_found()
    return Page([_repository(world, repo, user, request.base) for repo in found], "repositories")


def _repository(world: World, repo: Repository, user: User, base: str) -> dict[str, Any]:
    said = app_shapes.permission(world, repo, user.login, base)
    return {**shapes.repository(repo, base), "permissions": said["user"]["permissions"]}


def _end(world: World, request: Request) -> Answer:
    """End a token; the App says who it is by its client id and secret."""
    app = next((it for it in world.apps.values() if it.client_id == request.params["client_id"]), None)
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if app is None or kind != "Basic" or given != _basic(app):
        raise not_found()
    token = world.tokens.get(request.json()["access_token"])
    if token is None or token.client is not app:
        raise Refusal(422, "Validation Failed", [])
    del world.tokens[token.value]
    return Answer(204, None)


def _basic(app: App) -> str:
    return base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()


ROUTES = (
    Route("GET", "/user/installations", _installations),
    Route("GET", "/user/installations/{installation_id}/repositories", _repositories),
    Route("DELETE", "/applications/{client_id}/token", _end, caller="anyone"),
)
