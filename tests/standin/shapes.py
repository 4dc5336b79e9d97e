"""How what exists looks in an answer. Every form is checked against GitHub's description before it is sent."""

from __future__ import annotations

import base64
from typing import Any

from tests.standin.world import Comment, Event, Issue, Label, Pull, Repository, User, World

_USER_URLS = (
    "followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events",
    "received_events",
)  # fmt: skip
_REPOSITORY_URLS = (
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents",
    "contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags",
    "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones", "notifications",
    "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams", "trees", "hooks",
)  # fmt: skip
_COUNTS = ("forks_count", "stargazers_count", "watchers_count", "size", "open_issues_count", "forks", "open_issues")


def node_id(kind: str, number: int) -> str:
    """Return an id as GraphQL would give it."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def user(account: User, base: str) -> dict[str, Any]:
    """Return an account."""
    url = f"{base}/users/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("User", account.id),
        "avatar_url": f"{base}/avatars/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{base}/{account.login}",
        **{f"{name}_url": f"{url}/{name}" for name in _USER_URLS},
        "type": account.type,
        "site_admin": False,
    }


def own_user(account: User, base: str) -> dict[str, Any]:
    """Return an account as its owner sees it."""
    nothing = dict.fromkeys(("name", "company", "blog", "location", "email", "hireable", "bio"))
    return {
        **user(account, base),
        **nothing,
        **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2020-01-01T00:00:00Z",
    }


def minimal_repository(repo: Repository, base: str) -> dict[str, Any]:
    """Return a repository in its shortest form."""
    url = f"{base}/repos/{repo.full_name}"
    return {
        "id": repo.id,
        "node_id": node_id("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "owner": user(repo.owner, base),
        "private": repo.private,
        "html_url": f"{base}/{repo.full_name}",
        "description": None,
        "fork": repo.parent is not None,
        "url": url,
        **{f"{name}_url": f"{url}/{name.replace('_', '/')}" for name in _REPOSITORY_URLS},
    }


def repository(repo: Repository, base: str) -> dict[str, Any]:
    """Return a repository as it stands within a pull request."""
    html = f"{base}/{repo.full_name}"
    return {
        **minimal_repository(repo, base),
        "git_url": f"{html}.git",
        "ssh_url": f"{html}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        **dict.fromkeys(("mirror_url", "homepage", "language", "license")),
        **dict.fromkeys((*_COUNTS, "watchers"), 0),
        "default_branch": repo.default_branch,
        **dict.fromkeys(("has_issues", "has_projects", "has_wiki"), True),
        **dict.fromkeys(("has_pages", "has_downloads", "has_discussions", "archived", "disabled"), False),
        **dict.fromkeys(("pushed_at", "created_at", "updated_at"), "2026-01-01T00:00:00Z"),
    }


def full_repository(world: World, repo: Repository, base: str) -> dict[str, Any]:
    """Return a repository with its parent and source."""
    shown = {**repository(repo, base), "subscribers_count": 0, "network_count": 0}
    if repo.parent in world.repositories:
        parent = repository(world.repositories[repo.parent], base)
        shown |= {"parent": parent, "source": parent}
    return shown


def label(repo: Repository, offered: Label, base: str) -> dict[str, Any]:
    """Return a label."""
    return {
        "id": offered.id,
        "node_id": node_id("Label", offered.id),
        "url": f"{base}/repos/{repo.full_name}/labels/{offered.name}",
        "name": offered.name,
        "color": offered.color,
        "default": offered.default,
        "description": offered.description,
    }


def labels(repo: Repository, number: int, base: str) -> list[dict[str, Any]]:
    """Return the labels of an issue."""
    return [label(repo, repo.labels[name.lower()], base) for name in repo.issues[number].labels]


def issue(repo: Repository, it: Issue, base: str) -> dict[str, Any]:
    """Return an issue, with what points to the pull request where it is one."""
    url = f"{base}/repos/{repo.full_name}/issues/{it.number}"
    html = f"{base}/{repo.full_name}/issues/{it.number}"
    shown = {
        "id": it.id,
        "node_id": node_id("Issue", it.id),
        "url": url,
        "repository_url": f"{base}/repos/{repo.full_name}",
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html,
        "number": it.number,
        "state": it.state,
        "title": it.title,
        "body": it.body,
        "user": user(it.user, base),
        "labels": labels(repo, it.number, base),
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": False,
        "comments": sum(c.number == it.number for c in repo.comments),
        "closed_at": None,
        "created_at": it.created,
        "updated_at": it.updated or it.created,
        "author_association": "CONTRIBUTOR",
    }
    if it.number in repo.pulls:
        pull_url = f"{base}/repos/{repo.full_name}/pulls/{it.number}"
        there = dict.fromkeys(("diff_url", "html_url", "patch_url"), f"{base}/{repo.full_name}/pull/{it.number}")
        shown["pull_request"] = {"url": pull_url, **there}
    return shown


def comment(repo: Repository, it: Comment, base: str) -> dict[str, Any]:
    """Return a comment."""
    return {
        "id": it.id,
        "node_id": node_id("IssueComment", it.id),
        "url": f"{base}/repos/{repo.full_name}/issues/comments/{it.id}",
        "html_url": f"{base}/{repo.full_name}/issues/{it.number}#issuecomment-{it.id}",
        "issue_url": f"{base}/repos/{repo.full_name}/issues/{it.number}",
        "user": user(it.user, base),
        "created_at": it.created,
        "updated_at": it.updated,
        "author_association": "NONE",
        "body": it.body,
        "performed_via_github_app": None,
    }


def event(repo: Repository, it: Event, base: str) -> dict[str, Any]:
    """Return something that happened to an issue."""
    ghost = User("ghost", 10137)  # what GitHub shows for an account that is gone
    shown = {
        "id": it.id,
        "node_id": node_id("Event", it.id),
        "url": f"{base}/repos/{repo.full_name}/issues/events/{it.id}",
        "actor": user(it.actor or ghost, base),
        "event": it.kind,
        "commit_id": None,
        "commit_url": None,
        "created_at": it.created,
        "performed_via_github_app": None,
    }
    if it.label is not None:
        shown["label"] = {"name": it.label.name, "color": it.label.color}
    return shown


def pull_simple(world: World, repo: Repository, it: Pull, base: str) -> dict[str, Any]:
    """Return a pull request as a list shows it."""
    its_issue = repo.issues[it.number]
    url = f"{base}/repos/{repo.full_name}/pulls/{it.number}"
    html = f"{base}/{repo.full_name}/pull/{it.number}"
    issue_url = f"{base}/repos/{repo.full_name}/issues/{it.number}"
    links = {
        "html": html, "self": url, "issue": issue_url, "comments": f"{issue_url}/comments",
        "review_comments": f"{url}/comments", "review_comment": f"{url}/comments", "commits": f"{url}/commits",
        "statuses": f"{base}/repos/{repo.full_name}/statuses",
    }  # fmt: skip
    head = world.repositories.get(it.head_repository or "")
    sha = repo.git("rev-parse", f"refs/pull/{it.number}/head").strip()
    return {
        "id": its_issue.id,
        "node_id": node_id("PullRequest", its_issue.id),
        "url": url,
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": issue_url,
        **{f"{name}_url": links[name] for name in links if name not in ("html", "self", "issue")},
        "_links": {name: {"href": link} for name, link in links.items()},
        "number": it.number,
        "state": its_issue.state,
        "locked": False,
        "title": its_issue.title,
        "body": its_issue.body,
        "user": user(its_issue.user, base),
        "labels": labels(repo, it.number, base),
        **dict.fromkeys(("milestone", "closed_at", "merged_at", "assignee", "auto_merge")),
        "merge_commit_sha": it.merge_sha,
        "created_at": its_issue.created,
        "updated_at": its_issue.updated or its_issue.created,
        "draft": it.draft,
        "author_association": "CONTRIBUTOR",
        "head": _side(head, it.head_repository or "unknown/repository", it.head_ref, sha, base),
        "base": _side(repo, repo.full_name, it.base_ref, it.base_sha or repo.commit(it.base_ref), base),
    }


def pull(world: World, repo: Repository, it: Pull, base: str) -> dict[str, Any]:
    """Return a pull request with its sizes."""
    shown = pull_simple(world, repo, it, base)
    between = f"{shown['base']['sha']}...{shown['head']['sha']}"
    rows = [line.split("\t") for line in repo.git("diff", "--numstat", between).splitlines()]
    return {
        **shown,
        "merged": it.merge_sha is not None,
        "mergeable": True,
        "rebaseable": True,
        "mergeable_state": "clean",
        "merged_by": None,
        "comments": sum(c.number == it.number for c in repo.comments),
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": len(repo.git("rev-list", between.replace("...", "..")).splitlines()),
        "additions": sum(int(row[0]) for row in rows if row[0] != "-"),
        "deletions": sum(int(row[1]) for row in rows if row[1] != "-"),
        "changed_files": len(rows),
    }


def _side(repo: Repository | None, full_name: str, ref: str, sha: str, base: str) -> dict[str, Any]:
    owner = full_name.partition("/")[0]
    side: dict[str, Any] = {"label": f"{owner}:{ref}", "ref": ref, "sha": sha, "repo": None, "user": None}
    if repo is not None:
        side |= {"repo": repository(repo, base), "user": user(repo.owner, base)}
    return side
