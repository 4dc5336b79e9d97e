"""How runs of workflows and their artifacts look in an answer."""

from __future__ import annotations

from typing import Any

from tests.standin import shapes
from tests.standin.world import Artifact, Repository, Run, World


def run(world: World, repo: Repository, it: Run, base: str) -> dict[str, Any]:
    """Return a run of a workflow."""
    url = f"{base}/repos/{repo.full_name}/actions/runs/{it.id}"
    who = shapes.user(repo.owner, base)
    now = world.clock.stamp()
    return {
        "id": it.id,
        "name": it.name,
        "node_id": shapes.node_id("WorkflowRun", it.id),
        "head_branch": it.head_branch,
        "head_sha": it.head_sha,
        "path": it.path,
        "display_title": "A change",
        "run_number": 1,
        "run_attempt": 1,
        "event": it.event,
        "status": it.status,
        "conclusion": it.conclusion,
        "workflow_id": 1,
        "url": url,
        "html_url": f"{base}/{repo.full_name}/actions/runs/{it.id}",
        "pull_requests": [_pull_minimal(world, repo, number, base) for number in it.pulls],
        "created_at": now,
        "updated_at": now,
        "actor": who,
        "triggering_actor": who,
        **{f"{name}_url": f"{url}/{name}" for name in ("jobs", "logs", "artifacts", "cancel", "rerun")},
        "check_suite_url": f"{base}/repos/{repo.full_name}/check-suites/1",
        "workflow_url": f"{base}/repos/{repo.full_name}/actions/workflows/1",
        "head_commit": None,
        "repository": shapes.minimal_repository(repo, base),
        "head_repository": shapes.minimal_repository(world.repositories[it.head_repository], base),
    }


def _pull_minimal(world: World, repo: Repository, number: int, base: str) -> dict[str, Any]:
    whole = shapes.pull_simple(world, repo, repo.pulls[number], base)

    def side(name: str) -> dict[str, Any]:
        its = whole[name]
        return {"ref": its["ref"], "sha": its["sha"], "repo": {key: its["repo"][key] for key in ("id", "url", "name")}}

    return {"id": whole["id"], "number": number, "url": whole["url"], "head": side("head"), "base": side("base")}


def artifact(world: World, repo: Repository, it: Artifact, base: str) -> dict[str, Any]:
    """Return what a run left behind."""
    url = f"{base}/repos/{repo.full_name}/actions/artifacts/{it.id}"
    now = world.clock.stamp()
    head = world.repositories[repo.runs[it.run].head_repository]
    return {
        "id": it.id,
        "node_id": shapes.node_id("Artifact", it.id),
        "name": it.name,
        "size_in_bytes": len(it.content),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": it.expired,
        "created_at": now,
        "expires_at": world.clock.stamp(90 * 86_400),
        "updated_at": now,
        "workflow_run": {
            "id": it.run,
            "repository_id": repo.id,
            "head_repository_id": head.id,
            "head_branch": repo.runs[it.run].head_branch,
            "head_sha": repo.runs[it.run].head_sha,
        },
    }
