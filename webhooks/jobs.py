"""What is to be done after a delivery: plain values that go through Redis as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError


class JobError(ValueError):
    """Something in the queue that is none of our jobs; the message is a sentence."""


@dataclass(frozen=True)
class _Pulled:
    """What every job about a pull request says."""

    installation: int
    repository_id: int
    repository: str
    number: int
    delivery: str

    @property
    def lane(self) -> str:
        """Jobs of one lane are done one after the other, in the order in which they came."""
        return f"{self.repository_id}:{self.number}"

    @property
    def about(self) -> str:
        """What it is about, for people."""
        return f"{self.repository}#{self.number}"


@dataclass(frozen=True)
class ReviewHead:
    """Review a head.

    ``number`` is ``None`` for a merge group (then ``base`` is its base commit) and for a check suite that names no
    pull request, as those of forks do not (then ``base`` is ``None`` too: find the pull request by the commit).
    ``updated`` is the pull request's ``updated_at`` in seconds since the epoch, 0 where the event does not say it.
    ``again``: also where this head was reviewed before.
    """

    installation: int
    repository_id: int
    repository: str
    number: int | None
    head: str
    base_ref: str | None
    reason: str
    delivery: str
    base: str | None = None
    updated: int = 0
    again: bool = False

    @property
    def is_group(self) -> bool:
        """Whether it is a merge group's head."""
        return self.number is None and self.base is not None

    @property
    def lane(self) -> str:
        """Jobs of one lane are done one after the other, in the order in which they came."""
        return f"{self.repository_id}:{self.head if self.number is None else self.number}"

    @property
    def about(self) -> str:
        """What it is about, for people."""
        return f"{self.repository}{'' if self.number is None else f'#{self.number}'} at {self.head[:7]}"


@dataclass(frozen=True)
class Reconsider(_Pulled):
    """Decide anew what a review says; gates need not run again where this head's verdicts are in the ledger."""

    head: str
    reason: str


@dataclass(frozen=True)
class Override(_Pulled):
    """A person says otherwise.

    ``kind`` is ``labeled`` or ``unlabeled`` (``value``: the label's name) or ``button`` (``value``: human or ai). Who
    pressed a button or wrote a command needs the right to write: ask GitHub. Not so ``by_operator``: whoever runs
    Exogate said it, on its own machine.
    """

    head: str
    actor: str
    kind: str
    value: str
    reason: str
    by_operator: bool = False


@dataclass(frozen=True)
class Command(_Pulled):
    """A comment speaks to the App; ``webhooks.commands.understand`` reads ``text``. Ask for the actor's rights."""

    comment_id: int
    actor: str
    text: str


@dataclass(frozen=True)
class Merged(_Pulled):
    """A pull request was merged."""

    head: str
    merge_sha: str


@dataclass(frozen=True)
class Look(_Pulled):
    """A pull request was closed without being merged, or opened again (``is_open``): see how it is now.

    ``updated`` is its ``updated_at`` then, in seconds since the epoch.
    """

    head: str
    is_open: bool
    updated: int


@dataclass(frozen=True)
class GroupGone:
    """A merge group is there no more: nobody waits for a review of ``head``. ``reason`` is GitHub's word for why."""

    installation: int
    repository_id: int
    repository: str
    head: str
    reason: str
    delivery: str

    @property
    def lane(self) -> str:
        """The lane of its review."""
        return f"{self.repository_id}:{self.head}"

    @property
    def about(self) -> str:
        """What it is about, for people."""
        return f"{self.repository} at {self.head[:7]}"


@dataclass(frozen=True)
class Judge(_Pulled):
    """Judge the change of a review (the ledger's id) by gates of a policy, for a simulation.

    ``policy`` is a shipped one's name, or the hash of one that the ledger has.
    """

    head: str
    review_id: int
    policy: str
    gates: tuple[str, ...]

    @property
    def lane(self) -> str:
        """One of a repository at a time: a simulation has a hundred, and reviews must not wait for them."""
        return f"simulation:{self.repository_id}"


@dataclass(frozen=True)
class Installed:
    """An installation changed; ``event`` is GitHub's action, ``repositories`` those that came or went."""

    installation: int
    account: str
    event: str
    repositories: tuple[str, ...]
    delivery: str

    @property
    def lane(self) -> str:
        """Jobs of one lane are done one after the other, in the order in which they came."""
        return f"installation:{self.installation}"

    @property
    def about(self) -> str:
        """What it is about, for people."""
        return f"installation {self.installation}"


Job = ReviewHead | Reconsider | Override | Command | Merged | Look | GroupGone | Judge | Installed
_KINDS: dict[str, type[Job]] = {
    "review": ReviewHead,
    "reconsider": Reconsider,
    "override": Override,
    "command": Command,
    "merged": Merged,
    "look": Look,
    "group-gone": GroupGone,
    "judge": Judge,
    "installed": Installed,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_READERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in _KINDS.items()}


def kind_of(job: Job) -> str:
    """Return the job's kind in a word."""
    return _NAMES[type(job)]


def to_json(job: Job) -> dict[str, Any]:
    """Return the job as a JSON object."""
    # Their values are plain ones; dataclasses.asdict would copy each.
    return {"job": kind_of(job), **vars(job)}


def from_json(found: Mapping[str, Any]) -> Job:
    """Return the job that a JSON object says. Raises ``JobError``."""
    fields = dict(found)
    name = fields.pop("job", None)
    reader = _READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        raise JobError("Something in the queue is of no kind that this worker knows. Is it of the same version?")
    unknown = set(fields) - set(_KINDS[str(name)].__dataclass_fields__)
    try:
        if unknown:
            raise JobError(f"A job of kind {name} has fields that are not known. Is the worker of the same version?")
        job: Job = reader.validate_python(fields)
    except ValidationError as error:
        raise JobError(f"A job of kind {name} does not fit: {error.error_count()} of its fields are wrong.") from None
    return job
