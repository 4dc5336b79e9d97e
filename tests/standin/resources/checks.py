"""Check runs and suites, which only Apps write."""

from __future__ import annotations

from typing import Any

from tests.standin import app_shapes
from tests.standin.apps import App, CheckRun, CheckSuite
from tests.standin.resources import lookup
from tests.standin.wire import Answer, Page, Refusal, Request, Route, not_found
from tests.standin.world import Repository, World

_MOST_BYTES = 65_535


def _create(world: World, request: Request) -> Answer:
    repo = lookup.repository(world, request)
    body = request.json()
    sha = body["head_sha"]
    if not _has_commit(repo, sha):
        raise Refusal(422, f"No commit found for SHA: {sha}")
    made = CheckRun(world.next_id(), _app(request), _suite(world, repo, _app(request), sha), sha, {"status": "queued"})
    _change(world, made, body)
    repo.check_runs[made.id] = made
    return Answer(201, app_shapes.check_run(repo, made, request.base))


def _get(world: World, request: Request) -> dict[str, Any]:
    repo, run = _find(world, request)
    return app_shapes.check_run(repo, run, request.base)


def _update(world: World, request: Request) -> dict[str, Any]:
    repo, run = _find(world, request)
    if run.app is not _app(request):
        raise Refusal(403, f"Invalid app_id `{run.app.id}` - check run can only be modified by the GitHub App that")
    _change(world, run, request.json())
    return app_shapes.check_run(repo, run, request.base)


def _change(world: World, run: CheckRun, body: dict[str, Any]) -> None:
    body = dict(body)
    output = dict(body.pop("output", {}))
    for name in ("summary", "text"):
        if len(output.get(name, "").encode()) > _MOST_BYTES:
            raise Refusal(
                422, f"Invalid request.\n\nOnly {_MOST_BYTES} characters are allowed; {name} is too long.", []
            )
    run.annotations += output.pop("annotations", [])  # appended, never replaced
    run.fields |= body
    if output:
        run.fields["output"] = {**run.fields.get("output", {}), **output}
    if "conclusion" in body:  # "Providing conclusion will automatically set the status parameter to completed"
        run.fields["status"] = "completed"
        run.fields.setdefault("completed_at", world.clock.stamp())
    elif run.fields["status"] != "completed":
        run.fields.pop("conclusion", None)
        run.fields.pop("completed_at", None)


def _annotations(world: World, request: Request) -> Page:
    repo, run = _find(world, request)
    return Page([app_shapes.annotation(repo, run, it, request.base) for it in run.annotations])


def _of_commit(world: World, request: Request) -> Page:
    repo = lookup.repository(world, request)
    sha = _resolved(repo, request.params["ref"])
    runs = [run for run in repo.check_runs.values() if run.head_sha == sha]
    if name := request.query.get("check_name"):
        runs = [run for run in runs if run.fields["name"] == name]
    if status := request.query.get("status"):
        runs = [run for run in runs if run.fields["status"] == status]
    if app := request.query.get("app_id"):
        runs = [run for run in runs if str(run.app.id) == app]
    runs.sort(key=lambda run: -run.id)
    if request.query.get("filter", "latest") == "latest":
        newest = {(run.app.id, run.fields["name"]): run for run in reversed(runs)}
        runs = [run for run in runs if newest[run.app.id, run.fields["name"]] is run]
    return Page([app_shapes.check_run(repo, run, request.base) for run in runs], key="check_runs")


def _suites(world: World, request: Request) -> Page:
    repo = lookup.repository(world, request)
    sha = _resolved(repo, request.params["ref"])
    suites = [suite for suite in repo.check_suites.values() if suite.head_sha == sha]
    if app := request.query.get("app_id"):
        suites = [suite for suite in suites if str(suite.app.id) == app]
    return Page([app_shapes.check_suite(world, repo, it, request.base) for it in suites], key="check_suites")


def _rerequest(world: World, request: Request) -> Answer:
    _, run = _find(world, request)
    if run.app is not _app(request):
        raise Refusal(403, "This check run is not rerequestable")
    return Answer(201, {})


def _suite(world: World, repo: Repository, app: App, sha: str) -> CheckSuite:
    for suite in repo.check_suites.values():
        if suite.app is app and suite.head_sha == sha:
            return suite
    made = CheckSuite(world.next_id(), app, sha, world.clock.stamp())
    repo.check_suites[made.id] = made
    return made


def _app(request: Request) -> App:
    assert request.token is not None and request.token.app is not None
    return request.token.app


def _find(world: World, request: Request) -> tuple[Repository, CheckRun]:
    repo = lookup.repository(world, request)
    found = repo.check_runs.get(int(request.params["check_run_id"]))
    if found is None:
        raise not_found()
    return repo, found


def _has_commit(repo: Repository, sha: str) -> bool:
    try:
        return repo.git("cat-file", "-t", sha).strip() == "commit"
    except Exception:
        return False


def _resolved(repo: Repository, ref: str) -> str:
    try:
        return repo.git("rev-parse", "--verify", f"{ref}^{{commit}}").strip()
    except Exception:
        raise Refusal(422, f"No commit found for SHA: {ref}") from None


_CHECKS = ("checks",)
ROUTES = (
    Route("POST", "/repos/{owner}/{repo}/check-runs", _create, _CHECKS, "installation"),
    Route("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", _get, _CHECKS),
    Route("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", _update, _CHECKS, "installation"),
    Route("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", _annotations, _CHECKS),
    Route("POST", "/repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest", _rerequest, _CHECKS, "installation"),
    Route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", _of_commit, _CHECKS),
    Route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-suites", _suites, _CHECKS),
)
