"""Apps: who they are, where they are installed, their tokens, and what was delivered to them."""

from __future__ import annotations

import threading
from typing import Any

from tests.standin import app_shapes, shapes
from tests.standin.apps import App, Delivery, Installation
from tests.standin.wire import Answer, Page, Refusal, Request, Route, not_found
from tests.standin.world import World

_NOT_GRANTED = "The permissions requested are not granted to this installation."
_NO_REPOSITORY = "There is at least one repository that does not exist or is not accessible to the parent installation."
_LEVELS = ("none", "read", "write", "admin")
SUSPENDED = "This installation has been suspended"


def _app(request: Request) -> App:
    assert request.token is not None and request.token.app is not None
    return request.token.app


def _me(world: World, request: Request) -> dict[str, Any]:
    return app_shapes.app(_app(request), request.base)


def _list(world: World, request: Request) -> Page:
    own = [it for it in world.installations.values() if it.app is _app(request)]
    return Page([app_shapes.installation(it, request.base) for it in own])


def _get(world: World, request: Request) -> dict[str, Any]:
    return app_shapes.installation(_installation(world, request), request.base)


def _of_repository(world: World, request: Request) -> dict[str, Any]:
    name = f"{request.params['owner']}/{request.params['repo']}"
    repo = world.repositories.get(name)
    for it in world.installations.values():
        theirs = it.app is _app(request) and repo is not None and it.account is repo.owner
        if theirs and (it.repositories is None or name in it.repositories):
            return app_shapes.installation(it, request.base)
    raise not_found()


def _create_token(world: World, request: Request) -> Answer:
    it = _installation(world, request)
    if it.suspended is not None:
        raise Refusal(403, SUSPENDED)
    wanted = request.json() if request.body else {}
    permissions = wanted.get("permissions", dict(it.permissions))
    for name, level in permissions.items():
        if _LEVELS.index(level) > _LEVELS.index(it.permissions.get(name, "none")):
            raise Refusal(422, _NOT_GRANTED, [])
    limited = _limited(world, it, wanted)
    made = world.installation_token(it, {"metadata": "read", **permissions}, limited)
    shown: dict[str, Any] = {
        "token": made.value,
        "expires_at": world.clock.stamp(made.expires - world.clock.now if made.expires else 0),
        "permissions": dict(made.permissions or {}),
        "repository_selection": "all" if limited is None and it.repositories is None else "selected",
    }
    if limited is not None:
        shown["repositories"] = [shapes.repository(world.repositories[n], request.base) for n in sorted(limited)]
    return Answer(201, shown)


def _limited(world: World, it: Installation, wanted: dict[str, Any]) -> frozenset[str] | None:
    reached = {n: r for n, r in world.repositories.items() if r.owner is it.account}
    if it.repositories is not None:
        reached = {n: r for n, r in reached.items() if n in it.repositories}
    if "repositories" in wanted:
        names = frozenset(f"{it.account.login}/{name}" for name in wanted["repositories"])
    elif "repository_ids" in wanted:
        names = frozenset(n for n, r in reached.items() if r.id in wanted["repository_ids"])
        if len(names) < len(set(wanted["repository_ids"])):
            raise Refusal(422, _NO_REPOSITORY, [])
    else:
        return None
    if not names <= set(reached):
        raise Refusal(422, _NO_REPOSITORY, [])
    return names


def _installation(world: World, request: Request) -> Installation:
    found = world.installations.get(int(request.params["installation_id"]))
    if found is None or found.app is not _app(request):
        raise not_found()
    return found


def _deliveries(world: World, request: Request) -> Answer:
    """Return deliveries, newest first; pages go by a cursor, which is the last delivery that was shown."""
    size = max(1, min(100, int(request.query.get("per_page", 30))))
    own = [it for it in reversed(world.deliveries) if it.app is _app(request)]
    if status := request.query.get("status"):
        own = [it for it in own if (200 <= it.status_code < 300) == (status == "success")]
    if cursor := request.query.get("cursor"):
        own = [it for it in own if it.id < int(cursor.removeprefix("v1_"))]
    shown = own[:size]
    more = len(own) > size
    link = f'<{request.base}{request.path}?per_page={size}&cursor=v1_{shown[-1].id}>; rel="next"' if more else ""
    return Answer(200, [app_shapes.delivery_item(it) for it in shown], {"Link": link} if link else {})


def _delivery(world: World, request: Request) -> dict[str, Any]:
    return app_shapes.delivery(_find(world, request))


def _redeliver(world: World, request: Request) -> Answer:
    found = _find(world, request)
    # The answer does not wait for it.
    args = (found.app, found.event, found.payload)
    under_way = threading.Thread(target=world.deliver, args=args, kwargs={"of": found}, daemon=True)
    world.under_way.append(under_way)
    under_way.start()
    return Answer(202, {})


def _find(world: World, request: Request) -> Delivery:
    number = request.params["delivery_id"]
    for it in world.deliveries:
        if it.app is _app(request) and str(it.id) == number:
            return it
    raise not_found()


def _convert(world: World, request: Request) -> Answer:
    """Exchange the code of the manifest flow; it is good for once."""
    made = world.manifests.pop(request.params["code"], None)
    if made is None:
        raise not_found()
    secrets = {
        "client_id": made.client_id,
        "client_secret": made.client_secret,
        "webhook_secret": made.hook_secret,
        "pem": made.pem,
    }
    return Answer(201, {**app_shapes.app(made, request.base), **secrets})


ROUTES = (
    Route("GET", "/app", _me, caller="app"),
    Route("GET", "/app/installations", _list, caller="app"),
    Route("GET", "/app/installations/{installation_id}", _get, caller="app"),
    Route("POST", "/app/installations/{installation_id}/access_tokens", _create_token, caller="app"),
    Route("GET", "/repos/{owner}/{repo}/installation", _of_repository, caller="app"),
    Route("GET", "/app/hook/deliveries", _deliveries, caller="app"),
    Route("GET", "/app/hook/deliveries/{delivery_id}", _delivery, caller="app"),
    Route("POST", "/app/hook/deliveries/{delivery_id}/attempts", _redeliver, caller="app"),
    Route("POST", "/app-manifests/{code}/conversions", _convert, caller="anyone"),
)
