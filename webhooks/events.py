"""Which jobs an event asks for: ``(event, action, payload) -> jobs``, without any input or output.

One behaviour a function, registered for the events that it answers. What is not registered asks for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from webhooks import commands
from webhooks.jobs import Command, GroupGone, Installed, Job, Look, Merged, Override, Reconsider, ReviewHead
from webhooks.payloads import (
    Addressed,
    CommentEvent,
    Event,
    GroupEvent,
    Heading,
    InstallationEvent,
    Payload,
    PayloadError,
    PullEvent,
    Renamed,
    RunEvent,
    ShortPull,
    SuiteEvent,
    read,
)

# The buttons on our check runs, as app.github.checks draws them; a web process need not import that.
RERUN_BUTTON, HUMAN_BUTTON, AI_BUTTON = "rerun", "label-human", "label-ai"
_MARKS = {HUMAN_BUTTON: "human", AI_BUTTON: "ai"}


@dataclass(frozen=True)
class Heard:
    """A delivery: GitHub's id for it, the event's action, and our own App's id (``None`` before it was set up)."""

    delivery: str
    action: str
    app: int | None


M = TypeVar("M", bound=Addressed)
_Answer = Callable[[Heard, Payload], list[Job]]
_ANSWERS: dict[tuple[str, str], _Answer] = {}
_MODELS: dict[str, type[Addressed]] = {}


def _on(
    event: str, model: type[M], *actions: str
) -> Callable[[Callable[[Heard, M], list[Job]]], Callable[[Heard, M], list[Job]]]:
    def register(answer: Callable[[Heard, M], list[Job]]) -> Callable[[Heard, M], list[Job]]:
        def answered(heard: Heard, payload: Payload) -> list[Job]:
            found = read(model, payload)
            # Only an App's deliveries name an installation; without one nothing could be done on GitHub.
            return [] if found.installation is None else answer(heard, found)

        assert _MODELS.setdefault(event, model) is model, f"{event} is read in two ways"
        for action in actions:
            assert (event, action) not in _ANSWERS, f"{event}.{action} is answered twice"
            _ANSWERS[event, action] = answered
        return answer

    return register


def route(event: str, action: str | None, payload: Payload, delivery: str, app: int | None) -> list[Job]:
    """Return the jobs that a delivery asks for, in order. Raises ``PayloadError`` where what is needed is not there."""
    answer = _ANSWERS.get((event, action or ""))
    return [] if answer is None else answer(Heard(delivery, action or "", app), payload)


def glance(event: str, payload: Payload) -> Heading:
    """Return what is written down of a delivery whose event is known: mostly all that ``route`` needs, too.

    One that does not fit may have an action that asks for nothing. Raises ``PayloadError`` where it is no JSON object.
    """
    try:
        return read(_MODELS[event], payload)
    except PayloadError:
        return read(Heading, payload)


def _place(event: Event, heard: Heard) -> dict[str, Any]:
    assert event.installation is not None, "nothing is answered without one"
    return {
        "installation": event.installation.id,
        "repository_id": event.repository.id,
        "repository": event.repository.full_name,
        "delivery": heard.delivery,
    }


def _review(heard: Heard, event: PullEvent, *, again: bool) -> list[Job]:
    pull = event.pull_request
    return [
        ReviewHead(
            **_place(event, heard),
            number=pull.number,
            head=pull.head.sha,
            base_ref=pull.base.ref,
            base=pull.base.sha,
            reason=f"pull_request.{heard.action}",
            updated=pull.updated,
            again=again,
        )
    ]


def _look(heard: Heard, event: PullEvent, *, is_open: bool) -> Look:
    pull = event.pull_request
    where = _place(event, heard)
    return Look(**where, number=pull.number, head=pull.head.sha, is_open=is_open, updated=pull.updated)


def _reconsider(heard: Heard, event: PullEvent, reason: str) -> list[Job]:
    pull = event.pull_request
    return [Reconsider(**_place(event, heard), number=pull.number, head=pull.head.sha, reason=reason)]


@_on("pull_request", PullEvent, "opened", "synchronize")
def _new_head(heard: Heard, event: PullEvent) -> list[Job]:
    return _review(heard, event, again=False)


@_on("pull_request", PullEvent, "reopened")
def _reopened(heard: Heard, event: PullEvent) -> list[Job]:
    """Its head may be another one now. Where it is the same, a review was asked for before, and may not have been."""
    return [*_review(heard, event, again=False), _look(heard, event, is_open=True)]


@_on("pull_request", PullEvent, "edited")
def _edited(heard: Heard, event: PullEvent) -> list[Job]:
    """Another base is another change. The text may declare where the change came from, or no longer."""
    if event.changes.base is not None:
        return _review(heard, event, again=True)
    if event.changes.title is not None or event.changes.body is not None:
        return _reconsider(heard, event, "pull_request.edited")
    return []


@_on("pull_request", PullEvent, "ready_for_review")
def _ready(heard: Heard, event: PullEvent) -> list[Job]:
    return _reconsider(heard, event, "pull_request.ready_for_review")


@_on("pull_request", PullEvent, "labeled", "unlabeled")
def _labeled(heard: Heard, event: PullEvent) -> list[Job]:
    if event.label is None or not event.sender.is_person:
        return []
    pull = event.pull_request
    return [
        Override(
            **_place(event, heard),
            number=pull.number,
            head=pull.head.sha,
            actor=event.sender.login,
            kind=heard.action,
            value=event.label.name,
            reason="",
        )
    ]


@_on("pull_request", PullEvent, "closed")
def _closed(heard: Heard, event: PullEvent) -> list[Job]:
    pull = event.pull_request
    if not pull.merged or pull.merge_commit_sha is None:
        return [_look(heard, event, is_open=False)]
    return [Merged(**_place(event, heard), number=pull.number, head=pull.head.sha, merge_sha=pull.merge_commit_sha)]


@_on("pull_request_review", PullEvent, "submitted", "edited", "dismissed")
def _reviewed(heard: Heard, event: PullEvent) -> list[Job]:
    return _reconsider(heard, event, f"pull_request_review.{heard.action}")


def _of_pulls(
    heard: Heard, event: Event, pulls: Iterable[ShortPull], head: str, reason: str, *, again: bool
) -> list[Job]:
    """Return a review for every pull request of which *head* is the head."""
    return [
        ReviewHead(
            **_place(event, heard),
            number=pull.number,
            head=head,
            base_ref=pull.base.ref,
            base=pull.base.sha,
            reason=reason,
            again=again,
        )
        for pull in pulls
        if pull.head.sha == head
    ]


def _again(heard: Heard, event: Event, pulls: Iterable[ShortPull], head: str, reason: str) -> list[Job]:
    """Return the reviews to be done again; without a pull request in the event it is found by the commit."""
    return _of_pulls(heard, event, pulls, head, reason, again=True) or [
        ReviewHead(**_place(event, heard), number=None, head=head, base_ref=None, reason=reason, again=True)
    ]


@_on("check_suite", SuiteEvent, "requested")
def _suite(heard: Heard, event: SuiteEvent) -> list[Job]:
    """A push. Where it is no pull request's there is nothing to review; a fork's comes as ``pull_request``."""
    suite = event.check_suite
    if suite.app.id != heard.app:
        return []
    return _of_pulls(heard, event, suite.pull_requests, suite.head_sha, "check_suite.requested", again=False)


@_on("check_suite", SuiteEvent, "rerequested")
def _suite_again(heard: Heard, event: SuiteEvent) -> list[Job]:
    suite = event.check_suite
    if suite.app.id != heard.app:
        return []
    return _again(heard, event, suite.pull_requests, suite.head_sha, "check_suite.rerequested")


@_on("check_run", RunEvent, "rerequested")
def _run_again(heard: Heard, event: RunEvent) -> list[Job]:
    run = event.check_run
    if run.app.id != heard.app:
        return []
    pulls = run.pull_requests or run.check_suite.pull_requests
    return _again(heard, event, pulls, run.head_sha, "check_run.rerequested")


@_on("check_run", RunEvent, "requested_action")
def _pressed(heard: Heard, event: RunEvent) -> list[Job]:
    run, button = event.check_run, event.requested_action
    if run.app.id != heard.app or button is None:
        return []
    pulls = run.pull_requests or run.check_suite.pull_requests
    if button.identifier == RERUN_BUTTON:
        return _again(heard, event, pulls, run.head_sha, "check_run.requested_action")
    if button.identifier not in _MARKS:
        return []
    return [
        Override(
            **_place(event, heard),
            number=pull.number,
            head=run.head_sha,
            actor=event.sender.login,
            kind="button",
            value=_MARKS[button.identifier],
            reason="",
        )
        for pull in pulls
    ]


@_on("merge_group", GroupEvent, "checks_requested")
def _queued(heard: Heard, event: GroupEvent) -> list[Job]:
    group = event.merge_group
    return [
        ReviewHead(
            **_place(event, heard),
            number=None,
            head=group.head_sha,
            base_ref=group.base_ref.removeprefix("refs/heads/"),
            base=group.base_sha,
            reason="merge_group.checks_requested",
        )
    ]


@_on("merge_group", GroupEvent, "destroyed")
def _gone(heard: Heard, event: GroupEvent) -> list[Job]:
    return [GroupGone(**_place(event, heard), head=event.merge_group.head_sha, reason=event.reason or "")]


@_on("issue_comment", CommentEvent, "created")
def _said(heard: Heard, event: CommentEvent) -> list[Job]:
    """Bots are not listened to: two of them would talk for ever."""
    text = commands.find(event.comment.body or "")
    if text is None or event.issue.pull_request is None or not event.sender.is_person:
        return []
    return [
        Command(
            **_place(event, heard),
            number=event.issue.number,
            comment_id=event.comment.id,
            actor=event.sender.login,
            text=text,
        )
    ]


@_on("installation", InstallationEvent, "created", "deleted", "suspend", "unsuspend", "new_permissions_accepted")
@_on("installation_repositories", InstallationEvent, "added", "removed")
def _installed(heard: Heard, event: InstallationEvent) -> list[Job]:
    listed = [*(event.repositories or ()), *event.repositories_added, *event.repositories_removed]
    there = event.installation
    return [
        Installed(
            there.id,
            there.account.login if there.account else "",
            heard.action,
            tuple(repository.full_name for repository in listed),
            heard.delivery,
        )
    ]


@_on("installation_target", Renamed, "renamed")
def _renamed(heard: Heard, event: Renamed) -> list[Job]:
    return [Installed(event.installation.id, event.account.login, heard.action, (), heard.delivery)]


KNOWN = frozenset(event for event, _ in _ANSWERS)
