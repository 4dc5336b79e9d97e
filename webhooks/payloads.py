"""The parts of GitHub's payloads that are read, as small models. A new field never breaks one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

# What a database's 64-bit column holds.
_MOST = 2**63 - 1
Id = Annotated[int, Field(gt=0, le=_MOST)]
Sha = Annotated[str, Field(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$")]
# The second part may begin with a dot (.github) and is never a dot or two alone.
FullName = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,100}/[.]{0,2}[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$")]
# PostgreSQL has no place for a NUL in a text, and no database has one for half of a surrogate pair.
Text = Annotated[str, AfterValidator(lambda text: text.replace("\0", "").encode("utf-8", "replace").decode())]


class PayloadError(ValueError):
    """A delivery whose content cannot be used; the message is a sentence that quotes none of it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Account(_Part):
    """A person, an organisation or a bot."""

    login: Text
    id: Id | None = None
    type: Text = "User"

    @property
    def is_person(self) -> bool:
        """Whether a human being acts. An App's account is of type Bot; some old ones only by name."""
        return self.type == "User" and not self.login.endswith("[bot]")


class Named(_Part):
    """Something with an id alone: an installation, an App."""

    id: Id


class Repository(Named):
    """A repository."""

    full_name: FullName


class Side(_Part):
    """A pull request's head or base."""

    ref: Text
    sha: Sha


class Pull(_Part):
    """A pull request. ``merge_commit_sha`` is of a trial merge until it was merged."""

    number: Id
    head: Side
    base: Side
    updated_at: AwareDatetime
    merged: bool | None = None
    merge_commit_sha: Sha | None = None

    @property
    def updated(self) -> int:
        """When something last changed about it, in seconds since the epoch."""
        return int(self.updated_at.timestamp())


class ShortPull(_Part):
    """What a check suite says of a pull request."""

    number: Id
    head: Side
    base: Side


class Label(_Part):
    """A label."""

    name: Text


class Changes(_Part):
    """Which fields an edit changed."""

    base: Any = None
    title: Any = None
    body: Any = None


def _or_none(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Take what cannot be used for what is not there."""
    try:
        return check(value)
    except ValidationError:
        return None


class Heading(_Part):
    """What is written down of every delivery, whatever it is about."""

    action: Annotated[Annotated[str, Field(pattern="^[a-z_]{1,64}$")] | None, WrapValidator(_or_none)] = None
    installation: Annotated[Named | None, WrapValidator(_or_none)] = None
    repository: Annotated[Named | None, WrapValidator(_or_none)] = None

    @property
    def pull_number(self) -> int | None:
        """The one pull request that it is about, where it is about one and names it."""
        return None


class Addressed(Heading):
    """What every event carries that is sent to an App; without an installation it was sent to somebody else."""

    installation: Named | None = None


class Event(Addressed):
    """What every event of a repository carries."""

    repository: Repository
    sender: Account


class PullEvent(Event):
    """``pull_request`` and ``pull_request_review``."""

    pull_request: Pull
    label: Label | None = None
    changes: Changes = Changes()

    @property
    def pull_number(self) -> int | None:
        """The pull request."""
        return self.pull_request.number


def _only(pulls: list[ShortPull]) -> int | None:
    return pulls[0].number if len(pulls) == 1 else None


class Suite(_Part):
    """A check suite; for a fork's head ``pull_requests`` is empty."""

    app: Named
    head_sha: Sha
    pull_requests: list[ShortPull] = []


class SuiteEvent(Event):
    """``check_suite``."""

    check_suite: Suite

    @property
    def pull_number(self) -> int | None:
        """The pull request whose head it is, where that is the head of one alone."""
        return _only(self.check_suite.pull_requests)


class _OfSuite(_Part):
    pull_requests: list[ShortPull] = []


class Run(_Part):
    """A check run."""

    app: Named
    head_sha: Sha
    pull_requests: list[ShortPull] = []
    check_suite: _OfSuite = _OfSuite()


class Button(_Part):
    """The button that somebody pressed on a check run."""

    identifier: Text


class RunEvent(Event):
    """``check_run``."""

    check_run: Run
    requested_action: Button | None = None

    @property
    def pull_number(self) -> int | None:
        """The pull request whose head was checked, where that is the head of one alone."""
        return _only(self.check_run.pull_requests or self.check_run.check_suite.pull_requests)


class Group(_Part):
    """What a merge queue wants to have judged."""

    head_sha: Sha
    base_sha: Sha
    base_ref: Text


class GroupEvent(Event):
    """``merge_group``."""

    merge_group: Group
    reason: Text | None = None


class Comment(_Part):
    """A comment on an issue or a pull request."""

    id: Id
    body: Text | None = None


class Issue(_Part):
    """An issue; it is a pull request where ``pull_request`` is there."""

    number: Id
    pull_request: dict[str, Any] | None = None


class CommentEvent(Event):
    """``issue_comment``."""

    comment: Comment
    issue: Issue

    @property
    def pull_number(self) -> int | None:
        """The pull request; an issue is none."""
        return None if self.issue.pull_request is None else self.issue.number


class Installation(Named):
    """An installation of the App."""

    account: Account | None = None


class InstallationEvent(Addressed):
    """``installation`` and ``installation_repositories``."""

    installation: Installation
    repositories: list[Repository] | None = None
    repositories_added: list[Repository] = []
    repositories_removed: list[Repository] = []


class Renamed(Addressed):
    """``installation_target``: an account got another name."""

    installation: Named
    account: Account


Payload = Mapping[str, Any] | bytes | Addressed
"""A delivery's body as it came, what it says, or what was read of it already."""
Model = TypeVar("Model", bound=BaseModel)


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*. Raises ``PayloadError``."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise PayloadError(
            "The body is no JSON. Set the webhook's content type to application/json, and send it whole."
        ) from None
    if not isinstance(found, dict):
        raise PayloadError("The body is JSON, but no object. GitHub's deliveries are objects.")
    return found


def read(model: type[Model], payload: Payload) -> Model:
    """Return *payload* as *model*. Raises ``PayloadError`` with the field that does not fit, and not its value."""
    if isinstance(payload, model):
        return payload
    if isinstance(payload, bytes):
        try:
            # Of some twenty kilobytes a model reads a few fields, and no object is made of the others.
            return model.model_validate_json(payload)
        except ValidationError:
            payload = parse(payload)  # which knows more forms of JSON, and says what is wrong with the others
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise PayloadError(f"The payload's field {field or '(all of it)'} does not fit: {first['msg']}.") from None
