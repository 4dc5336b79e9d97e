"""A review put on a pull request of the stand-in, over HTTP."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.github.api import Patience
from app.github.comment import LONGEST_BODY, MARKER, body_of
from app.github.publish import Published, Target, publish
from app.reporting.labels import DEFAULT, configured
from gates.policy_labels import LabelRule
from tests.app.github.conftest import FAILED, PASSED
from tests.standin.faults import Kind
from tests.standin.fixtures import unversioned
from tests.standin.server import StandIn
from tests.standin.world import PUBLIC_ACTIONS_BOT, Repository

TEXT = "## Accepted\n\nAll is well."


@pytest.fixture
def project(standin: StandIn) -> Repository:
    return unversioned(standin)


def go(target: Target, patience: Patience, comment: str | None = TEXT, review: object = PASSED) -> Published:
    assert isinstance(review, type(PASSED))
    return publish(target, review, labels=DEFAULT, comment=comment, patience=patience)


def on(project: Repository) -> set[str]:
    return set(project.issues[1].labels)


class TestLabels:
    def test_they_are_made_when_missing_and_set(self, project: Repository, target: Target, patience: Patience) -> None:
        done = go(target, patience, None)
        assert done == Published(("gates/passed", "provenance/ai"))
        assert on(project) == {"gates/passed", "provenance/ai"}
        made = project.labels["provenance/ai"]
        assert (made.color, made.description) == ("5319e7", "Declared: AI wrote this change")

    def test_a_second_time_nothing_is_written(self, standin: StandIn, target: Target, patience: Patience) -> None:
        go(target, patience)
        before = len(standin.seen)
        go(target, patience)
        assert [seen.line.split()[0] for seen in standin.seen[before:]] == ["GET", "POST", "GET"]

    def test_ours_follow_the_review_and_others_stay(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        standin.world.offer_label(project, "bug")
        standin.world.set_label(project, 1, "bug", standin.world.user("ada"))
        go(target, patience, None)
        assert go(target, patience, None, FAILED).labels == ("gates/failed", "provenance/ai")
        assert on(project) == {"gates/failed", "provenance/ai", "bug"}

    def test_a_label_that_a_person_took_off_is_not_put_back(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        go(target, patience, None)
        standin.world.set_label(project, 1, "gates/passed", standin.world.user("ada"), on=False)
        done = go(target, patience, None)
        assert on(project) == {"provenance/ai"}
        assert done.notes == ("The label gates/passed was taken off by ada and is not put back.",)

    def test_a_label_that_a_person_set_stays(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        for name in ("gates/passed", "provenance/human"):
            standin.world.offer_label(project, name)
            standin.world.set_label(project, 1, name, standin.world.user("ada"))
        done = go(target, patience, None, FAILED)
        assert on(project) == {"gates/passed", "provenance/human", "gates/failed"}
        assert len(done.notes) == 2

    def test_who_did_it_is_found_on_the_last_page(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        ada = standin.world.user("ada")
        standin.world.offer_label(project, "noise")
        for _ in range(60):
            standin.world.set_label(project, 1, "noise", ada)
            standin.world.set_label(project, 1, "noise", ada, on=False)
        standin.world.offer_label(project, "gates/passed")
        standin.world.set_label(project, 1, "gates/passed", ada)
        assert "set by ada" in go(target, patience, None, FAILED).notes[0]

    def test_they_have_the_policys_names(self, project: Repository, target: Target, patience: Patience) -> None:
        rules = {
            "gates/passed": LabelRule(name="Fine", color="00ff00", description="Well."),
            "provenance/ai": LabelRule(show="off"),
        }
        go(target, patience, None)
        done = publish(target, PASSED, labels=configured(rules), comment=None, patience=patience)
        assert done == Published(("Fine",))
        assert on(project) == {"Fine"}, "ours under their former names, and what is off, are taken off"
        made = project.labels["fine"]
        assert (made.color, made.description) == ("00ff00", "Well.")

    def test_anothers_label_of_that_name_keeps_its_colour(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        standin.world.offer_label(project, "Fine", "ededed")
        rules = {"gates/passed": LabelRule(name="Fine", color="00ff00")}
        publish(target, PASSED, labels=configured(rules), comment=None, patience=patience)
        assert "Fine" in on(project)
        assert project.labels["fine"].color == "ededed"

    def test_off_means_untouched(self, standin: StandIn, target: Target, patience: Patience) -> None:
        assert publish(target, PASSED, labels=None, comment=None, patience=patience) == Published()
        assert standin.seen == []


class TestComment:
    def test_one_is_written_and_updated_in_place(self, project: Repository, target: Target, patience: Patience) -> None:
        go(target, patience)
        first = project.comments[0]
        assert first.body == f"{MARKER}\n{TEXT}"
        go(target, patience, "Another text.")
        assert [(c.id, c.body) for c in project.comments] == [(first.id, f"{MARKER}\nAnother text.")]

    def test_a_marker_in_anothers_comment_is_not_ours(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        standin.world.comment(project, 1, standin.world.user("mallory"), f"{MARKER}\nAll gates passed!")
        go(target, patience)
        assert [c.user.login for c in project.comments] == ["mallory", PUBLIC_ACTIONS_BOT]
        assert project.comments[0].body.endswith("All gates passed!")

    def test_a_comment_of_ours_that_quotes_the_marker_is_another(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        standin.world.comment(project, 1, standin.world.user(PUBLIC_ACTIONS_BOT), f"Title said: {MARKER}")
        go(target, patience)
        assert len(project.comments) == 2
        assert project.comments[0].body == f"Title said: {MARKER}"

    def test_it_is_found_behind_many_others(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        for n in range(130):
            standin.world.comment(project, 1, standin.world.user("ada"), f"{n}")
        go(target, patience)
        go(target, patience, "Another text.")
        assert [c.body for c in project.comments[130:]] == [f"{MARKER}\nAnother text."]

    def test_two_of_ours_become_one(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        for text in ("one", "two"):
            standin.world.comment(project, 1, standin.world.user(PUBLIC_ACTIONS_BOT), f"{MARKER}\n{text}")
        first = project.comments[0].id
        go(target, patience)
        assert [(c.id, c.body) for c in project.comments] == [(first, f"{MARKER}\n{TEXT}")]

    @pytest.mark.parametrize("text", ["x" * 70_000, "a line\n" * 12_000, "é\n" * 40_000])
    def test_what_is_too_long_is_cut(self, project: Repository, target: Target, patience: Patience, text: str) -> None:
        assert not go(target, patience, text).failed
        assert LONGEST_BODY - 100 < len(project.comments[0].body) <= LONGEST_BODY
        assert project.comments[0].body.endswith("see the job's summary.*")

    def test_what_fits_is_whole(self) -> None:
        text = "x" * (LONGEST_BODY - len(MARKER) - 1)
        assert body_of(text) == f"{MARKER}\n{text}"

    def test_a_persons_token_writes_in_its_own_name(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        standin.world.comment(project, 1, standin.world.user(PUBLIC_ACTIONS_BOT), f"{MARKER}\nAnother's.")
        mine = replace(target, token=standin.world.token("ada"))
        go(mine, patience)
        go(mine, patience)
        assert [c.user.login for c in project.comments] == [PUBLIC_ACTIONS_BOT, "ada"]

    def test_an_app_says_who_it_is(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        value = standin.world.token("exogate[bot]", {"pull_requests": "write"}, "octo/shop")
        app = replace(target, token=value, login="exogate[bot]")
        go(app, patience)
        go(app, patience)
        assert [c.user.login for c in project.comments] == ["exogate[bot]"]
        assert standin.count("POST /graphql") == 0

    def test_an_app_that_does_not_say_it_is_asked(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        value = standin.world.token("other[bot]", {"pull_requests": "write"}, "octo/shop")
        app = replace(target, token=value)
        go(app, patience)
        go(app, patience, "Another text.", FAILED)
        assert [(c.user.login, c.body) for c in project.comments] == [("other[bot]", f"{MARKER}\nAnother text.")]
        assert on(project) == {"gates/failed", "provenance/ai"}

    def test_even_where_nobody_tells_there_is_one(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        standin.fail(Kind.BAD_GATEWAY, "graphql", times=99)
        value = standin.world.token("other[bot]", {"pull_requests": "write"}, "octo/shop")
        app = replace(target, token=value)
        go(app, patience)
        first = project.comments[0].id
        go(app, patience, "Another text.")
        assert [(c.id, c.body) for c in project.comments] == [(first, f"{MARKER}\nAnother text.")]


class TestWhatTheTokenDoesNotAllow:
    def test_a_forks_token_gets_notes_and_no_error(
        self, project: Repository, target: Target, patience: Patience, read_only: str
    ) -> None:
        done = go(replace(target, token=read_only), patience)
        assert (done.labels, done.failed, len(done.notes)) == ((), False, 2)
        assert done.notes[0].startswith("No labels: The token does not allow this")
        assert "Resource not accessible by integration" in done.notes[0]
        assert "deploy/workflows/" in done.notes[1]
        assert (on(project), project.comments) == (set(), [])

    def test_a_wrong_token(self, target: Target, patience: Patience) -> None:
        done = go(replace(target, token="ghs_" + "f" * 36), patience)
        assert "Bad credentials" in done.notes[0]
        assert not done.failed

    def test_a_pull_request_that_is_not_there(self, target: Target, patience: Patience) -> None:
        assert "404" in go(replace(target, number=99), patience).notes[0]

    def test_a_token_for_another_repository(
        self, standin: StandIn, project: Repository, target: Target, patience: Patience
    ) -> None:
        other = standin.world.token(PUBLIC_ACTIONS_BOT, {"pull_requests": "write"}, "octo/other")
        assert len(go(replace(target, token=other), patience).notes) == 2
        assert project.comments == []

    def test_nothing_shows_the_token(self, standin: StandIn, target: Target, patience: Patience) -> None:
        standin.fail(Kind.BAD_GATEWAY, ".", times=99)
        done = go(target, patience)
        assert target.token not in repr(target) + repr(done)


def test_github_enterprise_server(standin: StandIn, project: Repository, target: Target, patience: Patience) -> None:
    done = go(replace(target, api_url=f"{standin.url}/api/v3/"), patience)
    assert (done.notes, done.failed) == ((), False)
    assert on(project) == {"gates/passed", "provenance/ai"}
    assert len(project.comments) == 1


def test_what_it_costs(standin: StandIn, target: Target, patience: Patience) -> None:
    go(target, patience)
    first = len(standin.seen)
    go(target, patience, "Another text.", FAILED)
    # Two labels to make, once a repository; afterwards at most one look a label that changes.
    assert (first, len(standin.seen) - first) == (11, 9)
