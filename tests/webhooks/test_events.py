"""Routing, with plain dicts: which jobs a delivery asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from webhooks.events import AI_BUTTON, HUMAN_BUTTON, KNOWN, RERUN_BUTTON, route
from webhooks.jobs import (
    Command,
    GroupGone,
    Installed,
    Job,
    Look,
    Merged,
    Override,
    Reconsider,
    ReviewHead,
    from_json,
    to_json,
)
from webhooks.payloads import Heading, PayloadError, read

from .examples import COUNT, examples
from .payloads import APP, BASE, BOT, HEAD, MERGE, NEWER, PERSON, WHERE, event, pull, pulled

SHORT = {"number": 1, "head": {"sha": HEAD, "ref": "feature"}, "base": {"sha": BASE, "ref": "main"}}


def jobs(name: str, payload: dict[str, Any], app: int | None = APP) -> list[Job]:
    return route(name, read(Heading, payload).action, payload, "d-1", app)


def review(reason: str, *, again: bool = False, updated: int = 0) -> ReviewHead:
    return ReviewHead(
        **WHERE, number=1, head=HEAD, base_ref="main", base=BASE, reason=reason, again=again, updated=updated
    )


UPDATED = 1777629600
LOOK = Look(**WHERE, number=1, head=HEAD, is_open=True, updated=UPDATED)


@pytest.mark.parametrize("action", ["opened", "synchronize"])
def test_a_new_head_is_reviewed(action: str) -> None:
    assert jobs("pull_request", pulled(action)) == [review(f"pull_request.{action}", updated=UPDATED)]


def test_what_is_opened_again_is_reviewed_and_looked_at() -> None:
    assert jobs("pull_request", pulled("reopened")) == [review("pull_request.reopened", updated=UPDATED), LOOK]


def test_another_base_is_reviewed_again() -> None:
    edited = pulled("edited", changes={"base": {"ref": {"from": "old"}}})
    assert jobs("pull_request", edited) == [review("pull_request.edited", again=True, updated=UPDATED)]


@pytest.mark.parametrize("field", ["title", "body"])
def test_another_text_may_declare_otherwise(field: str) -> None:
    edited = pulled("edited", changes={field: {"from": "old"}})
    assert jobs("pull_request", edited) == [Reconsider(**WHERE, number=1, head=HEAD, reason="pull_request.edited")]


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("pull_request", "ready_for_review"),
        ("pull_request_review", "submitted"),
        ("pull_request_review", "edited"),
        ("pull_request_review", "dismissed"),
    ],
)
def test_what_changes_the_review_by_people_is_reconsidered(name: str, action: str) -> None:
    assert jobs(name, pulled(action, review={})) == [
        Reconsider(**WHERE, number=1, head=HEAD, reason=f"{name}.{action}")
    ]


@pytest.mark.parametrize("action", ["labeled", "unlabeled"])
def test_a_label_by_a_person_is_an_override_and_a_bots_is_not(action: str) -> None:
    labeled = pulled(action, label={"name": "provenance/human"})
    assert jobs("pull_request", labeled) == [
        Override(**WHERE, number=1, head=HEAD, actor="ada", kind=action, value="provenance/human", reason="")
    ]
    assert jobs("pull_request", {**labeled, "sender": BOT}) == []
    assert jobs("pull_request", {**labeled, "sender": {**BOT, "type": "User"}}) == []


def test_a_merge_is_told_and_a_closing_is_looked_at() -> None:
    merged = event("closed", pull_request=pull(merged=True, merge_commit_sha=MERGE))
    assert jobs("pull_request", merged) == [Merged(**WHERE, number=1, head=HEAD, merge_sha=MERGE)]
    closed = event("closed", pull_request=pull(merged=False, merge_commit_sha=MERGE))
    assert jobs("pull_request", closed) == [replace(LOOK, is_open=False)]


def suite(action: str, app: int = APP, pulls: list[Any] | None = None) -> dict[str, Any]:
    listed = [SHORT] if pulls is None else pulls
    return event(action, check_suite={"app": {"id": app}, "head_sha": HEAD, "pull_requests": listed})


def test_our_own_check_suite() -> None:
    assert jobs("check_suite", suite("requested")) == [review("check_suite.requested")]
    assert jobs("check_suite", suite("rerequested")) == [review("check_suite.rerequested", again=True)]
    assert jobs("check_suite", suite("completed")) == []


@pytest.mark.parametrize("action", ["requested", "rerequested"])
@pytest.mark.parametrize("app", [APP + 1, None])
def test_other_apps_check_suites_are_not_ours(action: str, app: int | None) -> None:
    assert jobs("check_suite", suite(action), app) == []


def test_a_suite_of_a_fork_names_no_pull_request() -> None:
    assert jobs("check_suite", suite("requested", pulls=[])) == []
    (job,) = jobs("check_suite", suite("rerequested", pulls=[]))
    assert isinstance(job, ReviewHead)
    assert (job.number, job.head, job.base, job.again) == (None, HEAD, None, True)


def test_a_suites_pull_request_whose_head_moved_on_is_not_reviewed_at_the_old_head() -> None:
    moved = {**SHORT, "head": {"sha": NEWER, "ref": "feature"}}
    assert jobs("check_suite", suite("requested", pulls=[SHORT, moved])) == [review("check_suite.requested")]


def run(action: str, app: int = APP, **more: Any) -> dict[str, Any]:
    return event(action, check_run={"app": {"id": app}, "head_sha": HEAD, "pull_requests": [SHORT]}, **more)


def test_our_own_check_run() -> None:
    assert jobs("check_run", run("rerequested")) == [review("check_run.rerequested", again=True)]
    assert jobs("check_run", run("rerequested", APP + 1)) == []
    assert jobs("check_run", run("created")) == []


def test_a_check_run_takes_its_suites_pull_requests() -> None:
    payload = event(
        "rerequested",
        check_run={"app": {"id": APP}, "head_sha": HEAD, "check_suite": {"pull_requests": [SHORT]}},
    )
    assert jobs("check_run", payload) == [review("check_run.rerequested", again=True)]


def test_buttons() -> None:
    def pressed(identifier: str, app: int = APP) -> list[Job]:
        return jobs("check_run", run("requested_action", app, requested_action={"identifier": identifier}))

    assert pressed(RERUN_BUTTON) == [review("check_run.requested_action", again=True)]
    for identifier, value in ((HUMAN_BUTTON, "human"), (AI_BUTTON, "ai")):
        assert pressed(identifier) == [
            Override(**WHERE, number=1, head=HEAD, actor="ada", kind="button", value=value, reason="")
        ]
        assert pressed(identifier, APP + 1) == []
        assert len(identifier) <= 20, "GitHub's limit"
    assert pressed("lgtm") == []


def test_the_buttons_are_those_that_are_drawn() -> None:
    from app.github.checks import MARK_AI, MARK_HUMAN, RERUN

    drawn = (RERUN.identifier, MARK_HUMAN.identifier, MARK_AI.identifier)
    assert drawn == (RERUN_BUTTON, HUMAN_BUTTON, AI_BUTTON)


def test_a_merge_group_is_reviewed_for_real() -> None:
    group = {"head_sha": HEAD, "base_sha": BASE, "base_ref": "refs/heads/main", "head_ref": "refs/heads/gh-readonly"}
    assert jobs("merge_group", event("checks_requested", merge_group=group)) == [
        ReviewHead(**WHERE, number=None, head=HEAD, base_ref="main", base=BASE, reason="merge_group.checks_requested")
    ]
    gone = event("destroyed", merge_group=group, reason="dequeued")
    assert jobs("merge_group", gone) == [GroupGone(**WHERE, head=HEAD, reason="dequeued")]
    assert jobs("merge_group", event("destroyed", merge_group=group)) == [GroupGone(**WHERE, head=HEAD, reason="")]


def comment(body: str | None, **more: Any) -> dict[str, Any]:
    issue = {"number": 1, "pull_request": {"url": "..."}}
    return {**event("created", comment={"id": 9, "body": body}, issue=issue), **more}


def test_a_comment_that_speaks_to_the_app_is_a_command() -> None:
    assert jobs("issue_comment", comment("Hm.\n/exogate rerun")) == [
        Command(**WHERE, number=1, comment_id=9, actor="ada", text="/exogate rerun")
    ]


@pytest.mark.parametrize(
    "payload",
    [
        comment("Nice."),
        comment(None),
        comment("/exogate rerun", sender=BOT),
        comment("/exogate rerun", issue={"number": 1}),
        comment("/exogate rerun", action="edited"),
    ],
)
def test_other_comments_are_not(payload: dict[str, Any]) -> None:
    assert jobs("issue_comment", payload) == []


def test_installations() -> None:
    listed = [{"id": 11, "full_name": "octo/shop"}]
    there = {"installation": {"id": 5, "account": PERSON}, "sender": PERSON}
    for action in ("created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"):
        assert jobs("installation", {"action": action, "repositories": listed, **there}) == [
            Installed(5, "ada", action, ("octo/shop",), "d-1")
        ]
    for action in ("added", "removed"):
        changed = {"action": action, f"repositories_{action}": listed, **there}
        assert jobs("installation_repositories", changed) == [Installed(5, "ada", action, ("octo/shop",), "d-1")]
    renamed = {"action": "renamed", "installation": {"id": 5}, "account": PERSON}
    assert jobs("installation_target", renamed) == [Installed(5, "ada", "renamed", (), "d-1")]


def test_a_delivery_that_no_app_gets_asks_for_nothing() -> None:
    payload = pulled("opened")
    del payload["installation"]
    assert jobs("pull_request", payload) == []


@pytest.mark.parametrize("name", ["ping", "push", "unheard_of", ""])
def test_unknown_events_ask_for_nothing(name: str) -> None:
    assert name not in KNOWN
    assert jobs(name, pulled("opened")) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pull_request": None}, "pull_request"),
        ({"pull_request": pull(head="-x")}, "pull_request.head.sha"),
        ({"pull_request": {**pull(), "number": -1}}, "pull_request.number"),
        ({"pull_request": {**pull(), "number": 2**63}}, "pull_request.number"),
        ({"repository": {"id": 1, "full_name": "../x"}}, "repository.full_name"),
        ({"installation": {"id": "x"}}, "installation.id"),
    ],
)
def test_what_is_needed_and_not_there_is_named_without_its_value(change: dict[str, Any], field: str) -> None:
    with pytest.raises(PayloadError, match=f"field {field} does not fit") as error:
        jobs("pull_request", {**pulled("opened"), **change})
    assert "-x" not in str(error.value)


def test_what_no_database_takes_does_not_reach_one() -> None:
    (job,) = jobs("pull_request", pulled("labeled", label={"name": "a\0b\ud800c"}))
    assert isinstance(job, Override)
    assert job.value == "ab?c"


@pytest.mark.parametrize("action", [None, 1, "", "Opened", "a" * 65, "op\0ened", "ö", ["opened"]])
def test_an_action_that_github_could_not_have_sent_is_none(action: object) -> None:
    assert read(Heading, {"action": action}).action is None


def test_every_published_example_is_routed() -> None:
    seen = list(examples())
    assert len(seen) == COUNT
    asked = 0
    for name, payload in seen:
        for with_installation in (payload, {**payload, "installation": payload.get("installation") or {"id": 5}}):
            found = jobs(name, with_installation)
            asked += len(found)
            assert [from_json(to_json(job)) for job in found] == found
    assert asked


@pytest.mark.parametrize(
    ("name", "action", "app", "kinds"),
    [
        ("pull_request", "synchronize", APP, [ReviewHead]),
        ("check_suite", "rerequested", 29310, [ReviewHead]),
        ("check_run", "rerequested", 2, [ReviewHead]),
        ("merge_group", "checks_requested", APP, [ReviewHead]),
        ("pull_request", "reopened", APP, [ReviewHead, Look]),
        ("pull_request", "closed", APP, [Look]),
        ("installation", "deleted", APP, [Installed]),
        ("pull_request_review", "dismissed", APP, [Reconsider]),
    ],
)
def test_published_examples_ask_for_what_they_should(name: str, action: str, app: int, kinds: list[type[Job]]) -> None:
    (_, payload), *_ = examples(name, action)
    assert [type(job) for job in jobs(name, payload, app)] == kinds
