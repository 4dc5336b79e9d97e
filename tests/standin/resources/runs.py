"""Runs of workflows and the artifacts they leave behind."""

from __future__ import annotations

from typing import Any

from tests.standin import run_shapes
from tests.standin.resources import lookup
from tests.standin.wire import Answer, Page, Refusal, Request, Route, not_found
from tests.standin.world import Artifact, Repository, Run, World


def _run(world: World, request: Request) -> dict[str, Any]:
    repo, run = _find(world, request)
    return run_shapes.run(world, repo, run, request.base)


def _artifacts(world: World, request: Request) -> Page:
    repo, run = _find(world, request)
    name = request.query.get("name")
    listed = [a for a in repo.artifacts.values() if a.run == run.id and name in (None, a.name)]
    return Page([run_shapes.artifact(world, repo, a, request.base) for a in listed], key="artifacts")


def _download(world: World, request: Request) -> Answer:
    repo = lookup.repository(world, request)
    found = repo.artifacts.get(int(request.params["artifact_id"]))
    if found is None or request.params["archive_format"] != "zip":
        raise not_found()
    if request.token is None:
        raise Refusal(401, "Requires authentication")
    if found.expired:
        raise Refusal(410, "Artifact has expired")
    return Answer(302, None, {"Location": f"{request.base}{stored_at(found)}"})


def stored_at(artifact: Artifact) -> str:
    """Return where a download is redirected to: a store that wants no token, and is given none."""
    return f"/-store/{artifact.id}.zip"


def _find(world: World, request: Request) -> tuple[Repository, Run]:
    repo = lookup.repository(world, request)
    found = repo.runs.get(int(request.params["run_id"]))
    if found is None:
        raise not_found()
    return repo, found


ROUTES = (
    Route("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}", _run, ("actions",)),
    Route("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts", _artifacts, ("actions",)),
    Route("GET", "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}", _download, ("actions",)),
)
