"""The second of two workflows: the review that a run without rights left behind, published by one with rights.

Nothing of the pull request is checked out, imported or run here. The artifact is data of whoever opened the pull
request. GitHub itself says which pull request the run was for, and the review must be about that run's commit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.github import runs
from app.github.api import Api, Patience
from app.github.artifact import LARGEST_ARCHIVE, ArtifactError, member
from app.github.config import branch_rules
from app.github.download import download
from app.github.errors import GitHubError
from app.github.publish import Published, put
from app.github.runs import Pull, Run, UnsuitableError
from app.github.target import Target
from app.reporting import markdown
from app.reporting.labels import configured, wanted
from app.reporting.read import LARGEST, ReadError, read
from app.review_types import Review

_EVENT = "pull_request"
# Bytes of the review within a comment; the rest is for what stands around it.
_REPORT = 60_000


@dataclass(frozen=True)
class Request:
    """What to publish: the run, the workflow and artifact it must have, and what to put on the pull request."""

    repository: str
    run: int
    api_url: str
    token: str
    workflow: str = ".github/workflows/exogate-review.yml"
    artifact: str = "exogate-review"
    file: str = "review.json"
    labels: bool = True
    comment: bool = True

    def __repr__(self) -> str:
        return f"Request({self.repository!r}, run={self.run})"


@dataclass(frozen=True)
class Told:
    """How it went: the pull request, what was put on it, and in a sentence why no review was, if none was.

    ``trusted``: false where the run left something that is no review of the pull request's commit.
    """

    number: int
    published: Published
    reason: str | None = None
    trusted: bool = True


def publish_run(request: Request, patience: Patience | None = None) -> Told:
    """Publish the review of a run, or take back what an earlier one said. Raises ``GitHubError``, ``UnsuitableError``.

    Where the run left no review that can be believed, our labels are taken off and the comment says why: what was
    said of an earlier commit must not stand for this one.
    """
    api = Api(request.api_url, request.token, patience)
    run = runs.fetch_run(api, request.repository, request.run)
    _check(run, request)
    pull = runs.find_pull(api, request.repository, run)
    if not pull.current:
        reason = "The pull request has a newer commit than this run judged; its own run will publish."
        return Told(pull.number, Published(), reason)
    try:
        review = _review(api, request, run, pull.number)
    except (ArtifactError, ReadError, _UntrustedError) as error:
        text = f"## ⚠️ No review to show\n\n{error}\n\n{_source(run)}"
        return Told(pull.number, _put(api, request, pull, frozenset(), text), str(error), trusted=False)
    if not runs.find_pull(api, request.repository, run).current:
        reason = "The pull request got a newer commit meanwhile; its own run will publish."
        return Told(pull.number, Published(), reason)
    return Told(pull.number, _put(api, request, pull, wanted(review), _comment(review, run)))


class _UntrustedError(RuntimeError):
    """What the run left is not to be believed."""


def _check(run: Run, request: Request) -> None:
    if run.event != _EVENT:
        raise UnsuitableError(f"Run {run.id} was not started by {_EVENT}; only such a run's review is published.")
    if run.path != request.workflow:
        raise UnsuitableError(
            f"Run {run.id} is of another workflow than {request.workflow}. Name the right one with --workflow."
        )
    if run.conclusion in ("cancelled", "skipped", "action_required"):
        raise UnsuitableError(f"Run {run.id} did not take place; there is nothing to publish.")


def _review(api: Api, request: Request, run: Run, number: int) -> Review:
    if runs.edits_workflows(api, request.repository, number):
        raise _UntrustedError(
            "The pull request edits workflows or actions, or too many files to tell: it may have edited the one that"
            " reviews it, so what that one says is not published. Read the run's summary."
        )
    artifact = runs.newest_artifact(api, request.repository, run.id, request.artifact)
    if artifact is None:
        raise _UntrustedError(f"The run left no artifact named {request.artifact}, or it has expired.")
    path = f"/repos/{request.repository}/actions/artifacts/{int(artifact['id'])}/zip"
    if int(artifact.get("size_in_bytes") or 0) > LARGEST_ARCHIVE:
        raise ArtifactError(f"The artifact is larger than {LARGEST_ARCHIVE:,} bytes.")
    archive = download(api, path, largest=LARGEST_ARCHIVE)
    review = read(member(archive, request.file, largest=LARGEST))
    if review.head.commit != run.head_sha:
        raise _UntrustedError("The artifact holds the review of another commit than the one that the run was for.")
    return review


def _put(api: Api, request: Request, pull: Pull, keys: frozenset[str], text: str) -> Published:
    """Put labels and a comment there as far as they are asked for; the base branch's policy says how labels look."""
    target = Target(request.repository, pull.number, request.api_url, request.token)
    comment = text if request.comment else None
    if not request.labels:
        return put(target, None, comment, patience=api.patience)
    rules = branch_rules(api, request.repository, pull.base_ref)
    done = put(target, keys, comment, labels=configured(rules.policy.labels), patience=api.patience)
    return replace(done, notes=(*rules.notes, *done.notes))


def _comment(review: Review, run: Run) -> str:
    return f"{markdown.render(review, limit=_REPORT)}\n{_source(run)}"


def _source(run: Run) -> str:
    return f"<sub>From [the run for {run.head_sha[:10]}]({run.html_url}), which had no rights on this repository.</sub>"


__all__ = ["GitHubError", "Request", "Told", "UnsuitableError", "publish_run"]
