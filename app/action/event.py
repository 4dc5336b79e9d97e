"""The parts of GitHub's event payloads that say what is to be judged. Fields that are new or unknown do no harm."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Sha = Annotated[str, Field(pattern=r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Account(_Part):
    """Whoever opened the pull request."""

    id: int
    login: str
    type: str = "User"


class Repository(_Part):
    """A repository; ``full_name`` is ``owner/name``."""

    full_name: str = ""
    default_branch: str = "main"


class Side(_Part):
    """One side of a pull request. The repository is ``None`` where a fork was deleted."""

    sha: Sha
    ref: str
    repo: Repository | None = None


class PullRequest(_Part):
    """A pull request, as `pull_request` and `pull_request_target` carry it."""

    number: int
    base: Side
    head: Side
    title: str | None = None
    body: str | None = None
    user: Account | None = None
    commits: int | None = None


class PullRequestEvent(_Part):
    """Something happened to a pull request."""

    pull_request: PullRequest


class MergeGroup(_Part):
    """What the merge queue is about to merge."""

    base_sha: Sha
    head_sha: Sha
    head_ref: str = ""


class MergeGroupEvent(_Part):
    """The merge queue asks for checks."""

    merge_group: MergeGroup


class PushEvent(_Part):
    """A reference moved. ``before`` is all zeros for a new one, ``after`` for one that was deleted."""

    before: Sha
    after: Sha
    ref: str
    deleted: bool = False
    repository: Repository = Repository()


class OtherEvent(_Part):
    """Any event; most carry the repository."""

    repository: Repository = Repository()
