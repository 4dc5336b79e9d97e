"""A pull request and its reviews, read from GitHub in as few calls as can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.github.errors import GitHubError, MissingError
from app.github.pull import fetch_pull, pulls_with_head, read_actor, read_pull
from app.github.reviews import MOST_ASKED, fetch_reviews
from app.provenance.commit import Actor
from tests.standin.faults import Kind
from tests.standin.server import StandIn
from tests.standin.world import Pull, Repository

MALLORY = "mallory"


def test_one_call_tells_it_all(standin: StandIn, project: Repository, pull: Pull, head: str, api: Any) -> None:
    project.issues[1].body = "Co-authored-by: Claude"
    standin.world.offer_label(project, "bug")
    standin.world.set_label(project, 1, "bug", standin.world.user("ada"))
    found = fetch_pull(api, "octo/shop", 1)
    assert (found.repository, found.repository_id, found.number) == ("octo/shop", project.id, 1)
    assert (found.base_ref, found.base, found.head_ref, found.head) == ("main", project.commit("main"), "feature", head)
    assert (found.is_open, found.is_draft, found.is_fork, found.merge_sha) == (True, False, True, None)
    assert found.author == Actor(standin.world.user(MALLORY).id, MALLORY, is_bot=False)
    assert (found.body, found.labels) == ("Co-authored-by: Claude", ("bug",))
    assert standin.count("GET") == 1


def test_a_fork_that_is_gone(standin: StandIn, project: Repository, pull: Pull, api: Any) -> None:
    standin.world.delete("mallory/shop")
    found = fetch_pull(api, "octo/shop", 1)
    assert found.head_repository is None
    assert found.is_fork


def test_a_merged_one(standin: StandIn, project: Repository, pull: Pull, api: Any) -> None:
    project.issues[1].state = "closed"
    assert fetch_pull(api, "octo/shop", 1).merge_sha is None
    pull.merge_sha = "c" * 40
    found = fetch_pull(api, "octo/shop", 1)
    assert (found.is_open, found.merge_sha) == (False, "c" * 40)


def test_what_is_not_there(standin: StandIn, project: Repository, api: Any) -> None:
    with pytest.raises(MissingError):
        fetch_pull(api, "octo/shop", 7)
    standin.world.delete("octo/shop")
    with pytest.raises(GitHubError):
        fetch_pull(api, "octo/shop", 1)


@pytest.mark.parametrize("data", [{}, {"number": 1}, {"base": None, "head": None}, {"base": {"repo": None}}])
def test_another_form_is_an_error(data: dict[str, Any]) -> None:
    with pytest.raises(GitHubError, match="another form"):
        read_pull(data)


def test_an_account_that_is_gone() -> None:
    assert read_actor(None).login == "ghost"
    assert read_actor({"login": "x[bot]", "id": 5, "type": "Bot"}) == Actor(5, "x[bot]", is_bot=True)


def test_pull_requests_by_their_head(standin: StandIn, project: Repository, pull: Pull, head: str, api: Any) -> None:
    (found,) = pulls_with_head(api, "octo/shop", head)
    assert found.number == 1
    assert pulls_with_head(api, "octo/shop", project.commit("main")) == []
    project.issues[1].state = "closed"
    assert pulls_with_head(api, "octo/shop", head) == []


class TestReviews:
    def fetch(self, api: Any, pull: Any) -> Any:
        return fetch_reviews(api, "octo/shop", 1, head=pull.head, author=pull.author)

    @pytest.fixture
    def shown(self, standin: StandIn, project: Repository, pull: Pull, api: Any) -> Any:
        for login, role in (("ada", "maintain"), ("bob", "triage"), ("zoe", "admin")):
            project.roles[login] = role
        return fetch_pull(api, "octo/shop", 1)

    def test_permissions_are_asked_for_where_they_decide(
        self, standin: StandIn, project: Repository, api: Any, shown: Any
    ) -> None:
        review = standin.world.review
        review(project, 1, "ada")
        review(project, 1, "bob", association="COLLABORATOR")
        review(project, 1, "zoe", commit=project.commit("main"))
        review(project, 1, "claude[bot]")
        review(project, 1, None, "COMMENTED", body="Hm.")
        review(project, 1, "octo", association="OWNER")
        before = len(standin.seen)
        given = self.fetch(api, shown)
        assert [(g.reviewer.login, g.permission) for g in given] == [
            ("ada", "write"), ("bob", "read"), ("zoe", None), ("claude[bot]", None), ("ghost", None), ("octo", None),
        ]  # fmt: skip
        assert [g.commit == shown.head for g in given] == [True, True, False, True, True, True]
        assert len(standin.seen) - before == 3

    def test_no_more_are_asked_about_than_is_sensible(
        self, standin: StandIn, project: Repository, api: Any, shown: Any
    ) -> None:
        for number in range(20):
            standin.world.review(project, 1, f"person{number}")
        before = len(standin.seen)
        self.fetch(api, shown)
        assert len(standin.seen) - before == 1 + MOST_ASKED

    def test_somebody_who_is_no_user(self, standin: StandIn, project: Repository, api: Any, shown: Any) -> None:
        standin.world.review(project, 1, "gone")
        del standin.world.users["gone"]
        assert self.fetch(api, shown)[0].permission == "none"

    @pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.EXPIRED_TOKEN])
    def test_every_fault(self, standin: StandIn, project: Repository, api: Any, shown: Any, kind: Kind) -> None:
        standin.world.review(project, 1, "ada")
        faults = [standin.fail(kind, pattern, wait=30) for pattern in ("/reviews", "/permission$")]
        assert [g.permission for g in self.fetch(api, shown)] == ["write"]
        assert [fault.times for fault in faults] == [0, 0]


def test_a_webhooks_pull_request_reads_the_same(api: Any, project: Repository, pull: Pull, tmp_path: Path) -> None:
    raw = api.get("/repos/octo/shop/pulls/1")
    assert read_pull(json.loads(json.dumps(raw))) == fetch_pull(api, "octo/shop", 1)
