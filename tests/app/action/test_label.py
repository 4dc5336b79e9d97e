"""Labels and the comment, asked for through the Action's inputs, on a GitHub of our own."""

from __future__ import annotations

import pytest

from tests.app.action.conftest import Server
from tests.app.action.events import pull_request
from tests.standin.fixtures import project, pull, read_only, shop, standin, token
from tests.standin.server import StandIn
from tests.standin.world import Pull

pytestmark = pytest.mark.slow

__all__ = ["project", "pull", "read_only", "shop", "standin", "token"]

pytest.importorskip("github", reason="PyGithub is installed with what talks to GitHub")


def job(server: Server, standin: StandIn, number: int, token: str, policy: str | None = None):
    if policy is not None:
        server.repo.commit({".github/exogate.yml": policy})
    server.repo.commit({"a.py": "x = 1\n"})
    server.repo.branch("work")
    server.repo.commit({"b.py": "y = 1\n"})
    base, head = server.repo.git("rev-parse", "main"), server.repo.git("rev-parse", "work")
    event = pull_request(base, head, number=number)
    return server.job("pull_request", event, server.merge(base, head), api_url=standin.url, token=token)


def test_a_token_that_may_labels_and_comments(server: Server, standin: StandIn, pull: Pull, token: str, act) -> None:
    done = act(job(server, standin, pull.number, token), labels="true", comment="true")
    assert done.status == 0, done.text
    known = standin.world.repositories["octo/shop"]
    assert {"provenance/undeclared", "gates/passed"} <= set(known.issues[pull.number].labels)
    assert ["Accepted" in comment.body for comment in known.comments] == [True]
    assert token not in done.text + done.summary


def test_labels_are_as_the_bases_policy_wants_them(
    server: Server, standin: StandIn, pull: Pull, token: str, act
) -> None:
    policy = "gates: {compile: block}\nlabels: {gates/passed: {name: Fine}, provenance/undeclared: off}\n"
    done = act(job(server, standin, pull.number, token, policy), labels="true")
    assert done.status == 0, done.text
    assert standin.world.repositories["octo/shop"].issues[pull.number].labels == ["Fine"]


def test_a_token_that_may_not_is_no_failure(server: Server, standin: StandIn, pull: Pull, read_only: str, act) -> None:
    done = act(job(server, standin, pull.number, read_only), labels="true")
    assert (done.status, done.outputs["decision"]) == (0, "accept"), done.text
    assert "No labels" in done.summary


def test_nothing_is_asked_of_github_unless_the_workflow_asks(
    server: Server, standin: StandIn, pull: Pull, token: str, act
) -> None:
    before = len(standin.seen)
    done = act(job(server, standin, pull.number, token))
    assert done.status == 0, done.text
    assert len(standin.seen) == before
