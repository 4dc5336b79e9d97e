"""GitHub fails in every way, at every request: nothing is done twice, nothing is lost, limits are obeyed."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from app.github import comment
from app.github.api import Api, Patience
from app.github.comment import MARKER
from app.github.errors import GitHubError
from app.github.publish import Target, publish
from app.reporting.labels import DEFAULT
from tests.app.github.conftest import FAILED, PASSED
from tests.standin.faults import LIMITS, Kind
from tests.standin.fixtures import unversioned
from tests.standin.server import StandIn
from tests.standin.world import PUBLIC_ACTIONS_BOT, Repository

REQUESTS = [
    "^POST /graphql$",
    "^GET .*/issues/1$",
    "^GET .*/issues/1/events",
    "^GET .*/labels/gates%2Ffailed",
    "^POST .*/shop/labels$",
    "^POST .*/issues/1/labels$",
    "^DELETE .*/issues/1/labels/gates%2Fpassed$",
    "^GET .*/issues/1/comments",
    "^POST .*/issues/1/comments$",
    "^PATCH .*/issues/comments/",
    "^DELETE .*/issues/comments/",
]
PASSING = [kind for kind in Kind if kind is not Kind.EXPIRED_TOKEN]


def test_an_error_holds_no_request(patience: Patience) -> None:
    # requests' exceptions carry the request with its headers; a debugger's or a logger's dump would show the token.
    with pytest.raises(GitHubError) as error:
        Api("http://127.0.0.1:9", "ghs_secret", patience).get("/user")
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


@pytest.fixture
def project(standin: StandIn) -> Repository:
    return unversioned(standin)


@pytest.mark.parametrize("pattern", REQUESTS)
@pytest.mark.parametrize("kind", PASSING)
def test_one_fault_changes_nothing_about_the_end(
    standin: StandIn, project: Repository, target: Target, patience: Patience, kind: Kind, pattern: str
) -> None:
    # An earlier review's labels and, where a request to change or delete one is to fail, its comments.
    bot = standin.world.user(PUBLIC_ACTIONS_BOT)
    for name in ("gates/passed", "provenance/ai"):
        standin.world.offer_label(project, name)
        standin.world.set_label(project, 1, name, bot)
    for n in range(2 if "issues/comments/" in pattern else 0):
        standin.world.comment(project, 1, bot, f"{MARKER}\n{n}")
    fault = standin.fail(kind, pattern, wait=30)
    started = standin.world.clock.now

    done = publish(target, FAILED, labels=DEFAULT, comment="The text.", patience=patience)

    assert fault.times == 0, "the fault did not happen"
    assert done.notes == ()
    assert set(project.issues[1].labels) == {"gates/failed", "provenance/ai"}
    assert [c.body for c in project.comments] == [f"{MARKER}\nThe text."]
    assert list(project.labels) == ["gates/passed", "provenance/ai", "gates/failed"]
    events = [(e.kind, e.label.name) for e in project.events[2:] if e.label]
    assert sorted(events) == [("labeled", "gates/failed"), ("unlabeled", "gates/passed")]
    assert kind not in LIMITS or standin.world.clock.now - started >= 30


@pytest.mark.parametrize("kind", PASSING)
def test_a_github_that_stays_away_is_a_note(
    standin: StandIn, project: Repository, target: Target, patience: Patience, kind: Kind
) -> None:
    standin.fail(kind, ".", times=10_000, wait=1)
    done = publish(target, PASSED, labels=DEFAULT, comment="The text.", patience=patience)
    assert done.failed
    assert [note.split(":")[0] for note in done.notes] == ["No labels", "No comment"]
    assert len(standin.seen) == 3 * patience.attempts  # the issue; who we are, and the comments


def test_a_long_limit_is_not_waited_for(standin: StandIn, target: Target, patience: Patience) -> None:
    standin.fail(Kind.SECONDARY_LIMIT, "^POST .*/comments$", wait=3600)
    done = publish(target, PASSED, labels=None, comment="The text.", patience=patience)
    assert done.failed
    assert "GitHub asks to wait" in done.notes[0]
    assert standin.count("POST /repos") == 1


def test_a_token_that_expires_meanwhile_is_a_note(standin: StandIn, target: Target, patience: Patience) -> None:
    standin.fail(Kind.EXPIRED_TOKEN, "^POST .*/issues/1/labels$")
    done = publish(target, PASSED, labels=DEFAULT, comment=None, patience=patience)
    assert "Bad credentials" in done.notes[0]
    assert not done.failed


def test_an_answer_that_comes_late_makes_no_second_comment(
    standin: StandIn, project: Repository, target: Target, patience: Patience
) -> None:
    standin.fail(Kind.DROP_AFTER, "^POST .*/comments$", times=3)
    publish(target, PASSED, labels=None, comment="The text.", patience=patience)
    assert len(project.comments) == 1
    assert standin.count("POST /repos") == 1


def test_a_write_that_comes_late_makes_no_second_comment(
    standin: StandIn, project: Repository, target: Target, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 502; a look says that it was not done; and only then GitHub does it.
    look = comment._first

    def late(*args: Any) -> Any:
        found = look(*args)
        standin.world.comment(project, 1, standin.world.user(PUBLIC_ACTIONS_BOT), f"{MARKER}\nThe text.")
        return found

    monkeypatch.setattr(comment, "_first", late)
    standin.fail(Kind.BAD_GATEWAY, "^POST .*/comments$")
    publish(target, PASSED, labels=None, comment="The text.", patience=patience)
    assert standin.count("POST /repos") == 2
    assert [c.body for c in project.comments] == [f"{MARKER}\nThe text."]


def test_nobody_listening_is_a_note(target: Target, patience: Patience) -> None:
    away = Target("octo/shop", 1, "http://127.0.0.1:9", target.token)
    done = publish(away, PASSED, labels=DEFAULT, comment="The text.", patience=patience)
    assert done.failed
    assert len(done.notes) == 2


def test_the_token_is_in_no_log(
    standin: StandIn, target: Target, patience: Patience, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for kind in PASSING:
        standin.fail(kind, ".", wait=1)
    publish(target, PASSED, labels=DEFAULT, comment="The text.", patience=patience)
    assert caplog.text
    assert target.token not in caplog.text
