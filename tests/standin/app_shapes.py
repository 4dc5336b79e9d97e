"""How Apps, installations, check runs, reviews and deliveries look in an answer."""

from __future__ import annotations

import base64
from typing import Any

from tests.standin import shapes
from tests.standin.apps import App, CheckRun, CheckSuite, Delivery, Installation, Review
from tests.standin.world import Repository, World

_LONG_AGO = "2026-01-01T00:00:00Z"


def app(it: App, base: str) -> dict[str, Any]:
    """Return an App."""
    return {
        "id": it.id,
        "slug": it.slug,
        "node_id": shapes.node_id("App", it.id),
        "client_id": it.client_id,
        "owner": shapes.user(it.owner, base),
        "name": it.slug,
        "description": "",
        "external_url": base,
        "html_url": f"{base}/apps/{it.slug}",
        "created_at": _LONG_AGO,
        "updated_at": _LONG_AGO,
        "permissions": dict(it.permissions),
        "events": ["pull_request", "check_run"],
    }


def installation(it: Installation, base: str) -> dict[str, Any]:
    """Return an installation."""
    return {
        "id": it.id,
        "account": shapes.user(it.account, base),
        "repository_selection": "all" if it.repositories is None else "selected",
        "access_tokens_url": f"{base}/app/installations/{it.id}/access_tokens",
        "repositories_url": f"{base}/installation/repositories",
        "html_url": f"{base}/settings/installations/{it.id}",
        "app_id": it.app.id,
        "client_id": it.app.client_id,
        "target_id": it.account.id,
        "target_type": it.account.type,
        "permissions": dict(it.permissions),
        "events": ["pull_request", "check_run"],
        "created_at": _LONG_AGO,
        "updated_at": _LONG_AGO,
        "single_file_name": None,
        "app_slug": it.app.slug,
        "suspended_by": None if it.suspended is None else shapes.user(it.account, base),
        "suspended_at": it.suspended,
    }


def check_suite(world: World, repo: Repository, it: CheckSuite, base: str) -> dict[str, Any]:
    """Return the check runs of an App on a commit, as one."""
    runs = [run for run in repo.check_runs.values() if run.suite is it]
    states = {run.fields["status"] for run in runs}
    done = states == {"completed"}
    names = "%T%x00%B%x00%cI%x00%an%x00%ae%x00%cn%x00%ce"
    shown = repo.git("show", "--no-patch", f"--format={names}", it.head_sha)
    tree, message, when, author, email, committer, its_email = shown.strip("\n").split("\0")
    url = f"{base}/repos/{repo.full_name}"
    return {
        "id": it.id,
        "node_id": shapes.node_id("CheckSuite", it.id),
        "head_branch": None,
        "head_sha": it.head_sha,
        "status": "completed" if done else "in_progress" if "in_progress" in states else "queued",
        "conclusion": _worst([run.fields.get("conclusion") for run in runs]) if done else None,
        "url": f"{url}/check-suites/{it.id}",
        "before": None,
        "after": it.head_sha,
        "pull_requests": [],
        "app": app(it.app, base),
        "repository": shapes.minimal_repository(repo, base),
        "created_at": it.created,
        "updated_at": it.created,
        "head_commit": {
            "id": it.head_sha,
            "tree_id": tree,
            "message": message.rstrip("\n"),
            "timestamp": when,
            "author": {"name": author, "email": email},
            "committer": {"name": committer, "email": its_email},
        },
        "latest_check_runs_count": len(runs),
        "check_runs_url": f"{url}/check-suites/{it.id}/check-runs",
    }


def _worst(conclusions: list[str | None]) -> str | None:
    order = ("failure", "action_required", "timed_out", "cancelled", "neutral", "success", "skipped")
    return next((word for word in order if word in conclusions), None)


def check_run(repo: Repository, it: CheckRun, base: str) -> dict[str, Any]:
    """Return a check run."""
    url = f"{base}/repos/{repo.full_name}/check-runs/{it.id}"
    html = f"{base}/{repo.full_name}/runs/{it.id}"
    output = it.fields.get("output", {})
    return {
        "id": it.id,
        "head_sha": it.head_sha,
        "node_id": shapes.node_id("CheckRun", it.id),
        "external_id": it.fields.get("external_id", ""),
        "url": url,
        "html_url": html,
        "details_url": it.fields.get("details_url", html),
        "status": it.fields["status"],
        "conclusion": it.fields.get("conclusion"),
        "started_at": it.fields.get("started_at"),
        "completed_at": it.fields.get("completed_at"),
        "output": {
            **{name: output.get(name) for name in ("title", "summary", "text")},
            "annotations_count": len(it.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "name": it.fields["name"],
        "check_suite": {"id": it.suite.id},
        "app": app(it.app, base),
        "pull_requests": [],
    }


def annotation(repo: Repository, run: CheckRun, it: dict[str, Any], base: str) -> dict[str, Any]:
    """Return one remark of a check run."""
    optional = ("start_column", "end_column", "title", "raw_details")
    return {
        **dict.fromkeys(optional),
        **it,
        "blob_href": f"{base}/{repo.full_name}/blob/{run.head_sha}/{it['path']}",
    }


def review(repo: Repository, it: Review, base: str) -> dict[str, Any]:
    """Return a review of a pull request."""
    pull = f"{base}/repos/{repo.full_name}/pulls/{it.number}"
    html = f"{base}/{repo.full_name}/pull/{it.number}#pullrequestreview-{it.id}"
    return {
        "id": it.id,
        "node_id": shapes.node_id("PullRequestReview", it.id),
        "user": None if it.user is None else shapes.user(it.user, base),
        "body": it.body,
        "state": it.state,
        "html_url": html,
        "pull_request_url": pull,
        "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
        "submitted_at": it.submitted,
        "commit_id": it.commit,
        "author_association": it.association,
    }


def permission(world: World, repo: Repository, login: str, base: str) -> dict[str, Any]:
    """Return what an account may do: GitHub folds `maintain` into `write` and `triage` into `read`."""
    role = world.role(repo, login)
    folded = {"maintain": "write", "triage": "read"}.get(role, role)
    order = ("none", "read", "triage", "write", "maintain", "admin")
    needs = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
    can = {name: order.index(role) >= order.index(least) for name, least in needs.items()}
    account = {**shapes.user(world.user(login), base), "permissions": can, "role_name": role}
    return {"permission": folded, "role_name": role, "user": account}


def content(repo: Repository, path: str, ref: str, base: str) -> dict[str, Any]:
    """Return a file, its content in base64 in lines of 60. Raises ``CalledProcessError`` where there is none."""
    sha = repo.git("rev-parse", "--verify", f"{ref}:{path}").strip()
    raw = repo.blob(sha)
    url = f"{base}/repos/{repo.full_name}/contents/{path}?ref={ref}"
    text = base64.b64encode(raw).decode()
    return {
        "type": "file",
        "encoding": "base64",
        "size": len(raw),
        "name": path.rpartition("/")[2],
        "path": path,
        "content": "".join(f"{text[at : at + 60]}\n" for at in range(0, len(text), 60)),
        "sha": sha,
        "url": url,
        **dict.fromkeys(("git_url", "html_url", "download_url")),
        "_links": {"git": None, "html": None, "self": url},
    }


def entry(repo: Repository, path: str, ref: str, base: str) -> dict[str, Any]:
    """Return a file as a directory's listing shows it."""
    whole = content(repo, path, ref, base)
    return {name: value for name, value in whole.items() if name not in ("content", "encoding")}


def delivery_item(it: Delivery) -> dict[str, Any]:
    """Return a delivery as a list shows it."""
    ok = 200 <= it.status_code < 300
    words = {0: "failed to connect to host"}
    return {
        "id": it.id,
        "guid": it.guid,
        "delivered_at": it.delivered,
        "redelivery": it.redelivery,
        "duration": 0.1,
        "status": "OK" if ok else words.get(it.status_code, f"Invalid HTTP Response: {it.status_code}"),
        "status_code": it.status_code,
        "event": it.event,
        "action": it.action,
        "installation_id": it.installation,
        "repository_id": it.repository,
        "throttled_at": None,
    }


def delivery(it: Delivery) -> dict[str, Any]:
    """Return a delivery with what was sent."""
    return {
        **delivery_item(it),
        "url": it.app.hook_url,
        "request": {"headers": {"X-GitHub-Event": it.event, "X-GitHub-Delivery": it.guid}, "payload": it.payload},
        "response": {"headers": {}, "payload": ""},
    }
