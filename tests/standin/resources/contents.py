"""Single files of a repository."""

from __future__ import annotations

from subprocess import CalledProcessError
from typing import Any

from tests.standin import app_shapes
from tests.standin.resources import lookup
from tests.standin.wire import Refusal, Request, Route, not_found
from tests.standin.world import World

_LARGEST = 100 * 1024 * 1024


def _get(world: World, request: Request) -> Any:
    repo = lookup.repository(world, request)
    ref = request.query.get("ref", repo.default_branch)
    path = request.params["path"]
    try:
        repo.git("rev-parse", "--verify", f"{ref}^{{commit}}")
    except CalledProcessError:
        raise Refusal(404, f"No commit found for the ref {ref}") from None
    try:
        if repo.git("cat-file", "-t", f"{ref}:{path}").strip() == "tree":
            names = repo.git("ls-tree", "--name-only", f"{ref}:{path}").split()
            return [app_shapes.entry(repo, f"{path}/{name}", ref, request.base) for name in names]
        shown = app_shapes.content(repo, path, ref, request.base)
    except CalledProcessError:
        raise not_found() from None
    if shown["size"] > _LARGEST:
        raise Refusal(403, "This API returns blobs up to 100 MB in size.")
    return shown


ROUTES = (Route("GET", "/repos/{owner}/{repo}/contents/{path}", _get, ("contents",)),)
