"""A run of the review workflow, and the pull request it was for: asked of GitHub, never of what the run left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.github.api import Api

# "Responses include a maximum of 3000 files" (REST API, List pull requests files).
MOST_FILES = 3000
_WORKFLOWS = (".github/workflows/", ".github/actions/")


class UnsuitableError(RuntimeError):
    """The run is none whose review can be published; the message is a sentence for people."""


@dataclass(frozen=True)
class Run:
    """A run, as GitHub describes it. All of it is GitHub's word, except that the branch's name is its author's."""

    id: int
    event: str
    path: str
    conclusion: str | None
    head_sha: str
    head_branch: str
    head_repository: str
    html_url: str


@dataclass(frozen=True)
class Pull:
    """The open pull request of a run, and the branch that it is for.

    ``current``: its head is still the commit that the run judged.
    """

    number: int
    current: bool
    base_ref: str


def fetch_run(api: Api, repository: str, number: int) -> Run:
    """Return a run. Raises ``GitHubError``, and ``UnsuitableError`` where its repository is gone."""
    found = api.get(f"/repos/{repository}/actions/runs/{number}")
    head = found.get("head_repository")
    if not isinstance(head, dict):
        raise UnsuitableError(f"The repository that run {number} was for is not there any more.")
    return Run(
        id=number,
        event=str(found.get("event")),
        path=str(found.get("path")).partition("@")[0],
        conclusion=found.get("conclusion"),
        head_sha=str(found.get("head_sha")),
        head_branch=str(found.get("head_branch") or ""),
        head_repository=str(head.get("full_name")),
        html_url=str(found.get("html_url")),
    )


def find_pull(api: Api, repository: str, run: Run) -> Pull:
    """Return the open pull request whose head is the run's repository and branch.

    Raises ``GitHubError`` and, where there is none or more than one, ``UnsuitableError``.
    """
    owner = run.head_repository.partition("/")[0]
    listed = api.get_all(f"/repos/{repository}/pulls", {"state": "open", "head": f"{owner}:{run.head_branch}"})
    found = [pull for pull in listed if isinstance(pull, dict) and _is_of(pull, repository, run)]
    if not found:
        raise UnsuitableError("No open pull request comes from the branch that this run was for; nothing to publish.")
    if len(found) > 1:
        raise UnsuitableError(
            f"{len(found)} open pull requests come from the branch that this run was for, and GitHub does not say"
            " which of them it judged: nothing was published."
        )
    pull = found[0]
    return Pull(int(pull["number"]), pull["head"]["sha"] == run.head_sha, str(pull["base"]["ref"]))


def _is_of(pull: Mapping[str, Any], repository: str, run: Run) -> bool:
    head, base = pull.get("head") or {}, pull.get("base") or {}
    return (
        (head.get("repo") or {}).get("full_name") == run.head_repository
        and head.get("ref") == run.head_branch
        and (base.get("repo") or {}).get("full_name") == repository
    )


def edits_workflows(api: Api, repository: str, number: int) -> bool:
    """Whether a pull request touches what its own review runs by, or may: a workflow or an action.

    A run of ``pull_request`` takes its workflow from the pull request itself: one that edits it can leave any
    review behind. Raises ``GitHubError``.
    """
    files = api.get_all(f"/repos/{repository}/pulls/{number}/files")
    names = [str(file.get(key) or "") for file in files for key in ("filename", "previous_filename")]
    return len(files) >= MOST_FILES or any(name.startswith(_WORKFLOWS) for name in names)


def newest_artifact(api: Api, repository: str, run: int, name: str) -> dict[str, Any] | None:
    """Return the newest artifact of that name that is still there, or ``None``. Raises ``GitHubError``."""
    path = f"/repos/{repository}/actions/runs/{run}/artifacts"
    listed = api.get_all(path, {"name": name}, key="artifacts")
    there = [a for a in listed if isinstance(a, dict) and a.get("name") == name and a.get("expired") is False]
    return max(there, key=lambda artifact: int(artifact["id"]), default=None)
