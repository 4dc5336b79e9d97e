"""Which two commits an event is about, and how far their code may be trusted here. Pure: payload in, sides out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.action.environment import Environment
from app.action.event import MergeGroupEvent, OtherEvent, PullRequest, PullRequestEvent, PushEvent
from app.action.inputs import InputError
from app.provenance.commit import Actor

_Event = TypeVar("_Event", bound=BaseModel)
_BY_HAND = ("workflow_dispatch", "schedule", "repository_dispatch")
_PRIVILEGED = (
    "On {event} nothing of the change is run: such a job holds the base repository's secrets and a token that may "
    "write, whoever wrote the change. Gates that only read still judge. Use the event pull_request to run the others."
)


class NothingToDoError(Exception):
    """The event leaves nothing to judge (a branch was deleted); the message says so."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Base and head (commit ids, or names where an event has none), and what the event says of the change.

    ``instead`` is a base to fall back on where the first is gone from the server (after a forced push). ``commits``
    is how many the change has, where that is known.
    """

    base: str
    head: str
    instead: str | None = None
    branch: str | None = None
    body: str | None = None
    author: Actor | None = None
    number: int | None = None
    commits: int | None = None
    from_fork: bool = False
    never_run: str | None = None


def sides_of(environment: Environment, payload: Mapping[str, Any], merged: tuple[str, ...] = ()) -> Sides:
    """Return what the event compares.

    *merged* are the parents of the commit that the job is for (``GITHUB_SHA``); on a pull request that is GitHub's
    trial merge, whose first parent is where the base branch stands now. Raises ``InputError`` for an event that
    compares nothing, ``NothingToDoError`` where nothing is left to judge.
    """
    name = environment.event_name
    readers: dict[str, Callable[[], Sides]] = {
        "pull_request": lambda: _pull(_parse(PullRequestEvent, payload, name).pull_request, environment, merged),
        "pull_request_target": lambda: _pull(_parse(PullRequestEvent, payload, name).pull_request, environment, ()),
        "merge_group": lambda: _merge_group(_parse(MergeGroupEvent, payload, name)),
        "push": lambda: _push(_parse(PushEvent, payload, name), environment),
        **dict.fromkeys(_BY_HAND, lambda: _by_hand(_parse(OtherEvent, payload, name), environment)),
    }
    if name not in readers:
        raise InputError(
            f"The event {name!r} does not say what to compare. Use one of {', '.join(readers)}, or give base and head."
        )
    return readers[name]()


def never_run(event: str) -> str | None:
    """Return why nothing of a change may run in a job for *event*, ``None`` where it may.

    What is not known to be safe is not: `workflow_run` and `issue_comment`, for instance, hold secrets too.
    """
    safe = ("pull_request", "merge_group", "push", *_BY_HAND)
    return None if event in safe else _PRIVILEGED.format(event=event)


def _parse(model: type[_Event], payload: Mapping[str, Any], name: str) -> _Event:
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"The payload of the event {name!r} is unusable at {where}: {first['msg']}.") from None


def _pull(pull: PullRequest, environment: Environment, merged: tuple[str, ...]) -> Sides:
    user = pull.user
    is_trial = len(merged) == 2 and merged[1] == pull.head.sha
    return Sides(
        base=merged[0] if is_trial else pull.base.sha,
        head=pull.head.sha,
        branch=pull.head.ref,
        body="\n\n".join(filter(None, (pull.title, pull.body))),
        author=Actor(user.id, user.login, user.type == "Bot") if user else None,
        number=pull.number,
        commits=pull.commits,
        from_fork=pull.head.repo is None or pull.head.repo.full_name != environment.repository,
        never_run=never_run(environment.event_name),
    )


def _merge_group(event: MergeGroupEvent) -> Sides:
    return Sides(event.merge_group.base_sha, event.merge_group.head_sha)


def _push(event: PushEvent, environment: Environment) -> Sides:
    if event.deleted or _is_none(event.after):
        raise NothingToDoError(f"{event.ref} was deleted: there is nothing to judge.")
    default = event.repository.default_branch
    branch = event.ref.removeprefix("refs/heads/")
    if not _is_none(event.before):
        instead = f"{event.after}^1" if branch == default else default
        return Sides(event.before, event.after, instead=instead, branch=branch)
    if branch == default:
        raise NothingToDoError(f"{event.ref} is new and the default branch: there is nothing to compare it with.")
    return Sides(default, event.after, branch=branch)


def _by_hand(event: OtherEvent, environment: Environment) -> Sides:
    """Compare with the default branch; on that branch, compare its last commit with the one before."""
    default = event.repository.default_branch
    branch = environment.ref.removeprefix("refs/heads/")
    base = f"{environment.sha}^1" if branch == default else default
    return Sides(base, environment.sha, branch=branch or None)


def _is_none(sha: str) -> bool:
    return not sha.strip("0")
