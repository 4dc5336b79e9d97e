"""A repository that got another name, or another owner, between a delivery and its job."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra: pip install 'exogate[app]'")
pytest.importorskip("rq", reason="needs the extra: pip install 'exogate[app]'")

from app.github.api import Api
from app.github.app_auth import Installations
from app.github.errors import DeniedError, GitHubError, MissingError, MovedError
from app.pull_review import Asked, review_pull
from tests.app.github.desk import BROKEN, BY_AI, GOOD, STRICT, Desk, desk
from tests.standin.apps import App, Installation
from tests.standin.server import StandIn
from tests.standin.world import Repository
from webhooks import jobs
from webhooks.checks import LedgerChecks
from webhooks.perform import Turn
from webhooks.performer import AppPerformer
from webhooks.reaper import OpenCheck

__all__ = ["desk"]

NEW = "octo/store"


def perform(desk: Desk, job: jobs.Job, attempt: int = 1) -> str:
    return AppPerformer(desk.services).perform(job, Turn(job.delivery, attempt, lambda: None))


def place(desk: Desk, **more: Any) -> dict[str, Any]:
    """Return where a job is about, as it was told when the repository had its old name."""
    told = {"installation": desk.installation.id, "repository_id": desk.base.id, "repository": "octo/shop"}
    return {**told, "delivery": "d-1", **more}


def head_job(desk: Desk, head: str, number: int | None = 1, **more: Any) -> jobs.ReviewHead:
    return jobs.ReviewHead(**place(desk), number=number, head=head, base_ref="main", reason="r", **more)


@pytest.mark.sandbox
class TestJobs:
    """Jobs that name the repository as it was called when they were queued."""

    def test_the_review_lands_on_the_renamed_repository_once(self, desk: Desk) -> None:
        head = desk.push(GOOD)
        desk.standin.world.rename("octo/shop", NEW)
        asked = len(desk.standin.seen)
        assert perform(desk, head_job(desk, head)) == "Gates passed."
        (run,) = desk.runs()
        assert (run["status"], run["conclusion"]) == ("completed", "success")
        assert desk.labels() == {"provenance/undeclared", "gates/passed"}
        assert perform(desk, head_job(desk, head), attempt=2) == "This head was reviewed before."
        assert len(desk.runs()) == 1
        assert [row.head for row in desk.services.ledger.reviews(desk.base.id, 1)] == [head]
        assert not [seen for seen in desk.standin.seen[asked:] if "octo/shop" in seen.line]
        assert not [seen for seen in desk.standin.seen[asked:] if seen.status in (301, 307)]

    def test_it_costs_no_request_more(self, desk: Desk) -> None:
        counts = []
        for name in (None, NEW):
            head = desk.push({"n.py": f"N = '{name}'\n"})
            if name:
                desk.standin.world.rename("octo/shop", name)
            before = len(desk.standin.seen)
            perform(desk, head_job(desk, head))
            counts.append(len([seen for seen in desk.standin.seen[before:] if ".git/" not in seen.line]))
        assert counts[1] <= counts[0], counts

    def test_a_review_begun_under_the_old_name_is_finished_under_the_new(self, desk: Desk) -> None:
        head = desk.push(GOOD)

        def rename() -> None:
            if "octo/shop" in desk.standin.world.repositories:
                desk.standin.world.rename("octo/shop", NEW)

        asked = Asked(
            desk.installation.id, "octo/shop", head, "d-1", desk.base.id,
            superseded=lambda: rename() if desk.standin.git_asked else None,
        )  # fmt: skip
        with pytest.raises(MovedError, match="another name"):
            review_pull(desk.services, asked, 1)
        assert perform(desk, head_job(desk, head), attempt=2) == "Gates passed."
        (run,) = desk.runs()
        assert (run["status"], run["conclusion"]) == ("completed", "success")

    def test_a_transferred_repository_is_reviewed_where_it_is_now(self, desk: Desk) -> None:
        head = desk.push(GOOD)
        there = desk.standin.world.install(desk.installation.app, "acme")
        desk.standin.world.rename("octo/shop", "acme/shop")
        assert perform(desk, head_job(desk, head)) == "Gates passed."
        (run,) = desk.runs()
        assert run["conclusion"] == "success"
        (token,) = [each for each in desk.standin.world.tokens.values() if each.installation is there]
        assert token.repositories == {"acme/shop"}

    def test_where_it_went_somewhere_without_the_app_that_is_said(self, desk: Desk) -> None:
        head = desk.push(GOOD)
        desk.standin.world.rename("octo/shop", "acme/shop")
        with pytest.raises(DeniedError, match="not for octo/shop"):
            perform(desk, head_job(desk, head))
        assert desk.runs() == []

    def test_another_repository_under_the_old_name_is_left_alone(self, desk: Desk) -> None:
        world = desk.standin.world
        head = desk.push(BROKEN)
        world.rename("octo/shop", NEW)
        other = world.repository("octo/shop", like=desk.base.directory)
        other.git("update-ref", "-d", "refs/pull/1/head")
        world.open_pull(other, world.repositories["mallory/shop"], "feature", author="mallory")
        assert perform(desk, head_job(desk, head)) == "Rejected by compile."
        assert (len(desk.base.check_runs), len(other.check_runs)) == (1, 0)
        assert other.issues[1].labels == []
        asked = Asked(desk.installation.id, "octo/shop", head, "d-2", desk.base.id)
        with pytest.raises(MissingError, match="another repository"):
            review_pull(desk.services, asked, 1)

    def test_a_clone_under_a_name_that_changed_hands_judges_only_the_new_owners(self, desk: Desk) -> None:
        world = desk.standin.world
        desk.review(desk.push(BROKEN))  # the first owner's clone is there
        world.rename("octo/shop", NEW)
        other = world.repository("octo/shop", like=desk.base.directory)
        other.git("update-ref", "-d", "refs/pull/1/head")
        fork = world.repository("mallory/other")
        desk.work.git("checkout", "--quiet", "--orphan", "new")
        desk.work.git("rm", "-r", "--quiet", "--force", ".")
        root = desk.work.commit({".github/exogate.yml": STRICT}, "A new project")
        desk.work.git("push", "--quiet", "--force", str(other.directory), "HEAD:refs/heads/main")
        head = desk.work.commit(GOOD, BY_AI)
        desk.work.git("push", "--quiet", str(fork.directory), "HEAD:refs/heads/feature")
        world.open_pull(other, fork, "feature", author="mallory")
        job = jobs.ReviewHead(desk.installation.id, other.id, "octo/shop", 1, head, "main", "r", "d-2")
        assert perform(desk, job) == "Gates passed; a review is needed."
        (row,) = desk.services.ledger.reviews(other.id, 1)
        assert (row.base, row.head) == (root, head)

    def test_a_merge_group(self, desk: Desk) -> None:
        base = desk.base.commit("main")
        head = desk.work.commit(BROKEN, "In the queue")
        desk.work.git("push", "--quiet", str(desk.base.directory), "HEAD:refs/heads/gh-readonly-queue/main/pr-1")
        desk.standin.world.rename("octo/shop", NEW)
        assert perform(desk, head_job(desk, head, None, base=base)) == "Rejected by compile."
        (run,) = desk.runs()
        assert run["conclusion"] == "failure"

    def test_a_commit_alone(self, desk: Desk) -> None:
        head = desk.push(GOOD)
        desk.standin.world.rename("octo/shop", NEW)
        assert perform(desk, head_job(desk, head, None)) == "Gates passed."

    def test_a_comment_that_speaks_to_the_app_is_answered_there(self, desk: Desk) -> None:
        desk.review(desk.push(GOOD))
        desk.standin.world.rename("octo/shop", NEW)
        job = jobs.Command(**place(desk), number=1, comment_id=5, actor="octo", text="/exogate explain")
        assert perform(desk, job) == "It was answered in a comment."
        assert len(desk.base.comments) == 1

    def test_what_failed_for_good_and_what_was_left_open_is_closed_there(self, desk: Desk) -> None:
        head = desk.push(GOOD)
        desk.review(head)
        (run,) = desk.base.check_runs.values()
        run.fields.update(status="in_progress", conclusion=None)
        desk.standin.world.rename("octo/shop", NEW)
        services = desk.services
        left = OpenCheck(run.fields["external_id"], run.id, desk.installation.id, desk.base.id, "octo/shop", head)
        LedgerChecks(services.ledger, services.installations, services.app_id).close(left, "Nobody goes on with it.")
        assert (run.fields["status"], run.fields["conclusion"]) == ("completed", "neutral")


class TestRedirections:
    """What the API does by itself with an old name."""

    def test_a_read_is_followed_with_its_query(
        self, standin: StandIn, project: Repository, installation: Installation, installations: Installations
    ) -> None:
        for number in range(250):
            standin.world.offer_label(project, f"label-{number}")
        api = installations.api(installation.id)
        standin.world.rename("octo/shop", NEW)
        assert api.get("/repos/octo/shop")["full_name"] == NEW
        names = [label["name"] for label in api.get_all("/repos/octo/shop/labels")]
        assert len(names) == len(set(names)) == 250

    def test_a_write_is_not(
        self, standin: StandIn, project: Repository, installation: Installation, installations: Installations
    ) -> None:
        api = installations.api(installation.id)
        standin.world.rename("octo/shop", NEW)
        before = len(standin.seen)
        with pytest.raises(MovedError, match="POST /repos/octo/shop/labels"):
            api.write("POST", "/repos/octo/shop/labels", {"name": "a", "color": "ededed"})
        assert project.labels == {}
        writes = [seen for seen in standin.seen[before:] if "labels" in seen.line]
        assert [seen.status for seen in writes] == [307]

    @pytest.mark.parametrize(
        "address",
        [
            "http://127.0.0.1:{port}/",
            "http://localhost:{own}/",
            "https://127.0.0.1:{own}/",
            "http://me@127.0.0.1:{own}/",
        ],
    )
    def test_no_other_address_gets_the_token(self, standin: StandIn, project: Repository, address: str) -> None:
        own = int(standin.url.rpartition(":")[2])
        to = address.format(own=own, port=own + 1)
        api = Api(standin.url, standin.world.token("octo"))
        standin.moved["/repos/octo/shop"] = to
        with pytest.raises(GitHubError, match="redirects this elsewhere"):
            api.get("/repos/octo/shop")
        assert [seen.status for seen in standin.seen] == [301]

    def test_a_circle_ends(self, standin: StandIn, project: Repository) -> None:
        api = Api(standin.url, standin.world.token("octo"))
        standin.moved["/repos/octo/shop"] = "/repos/octo/shop"
        with pytest.raises(GitHubError, match="in a circle"):
            api.get("/repos/octo/shop")
        assert len(standin.seen) == 4

    def test_a_token_is_asked_for_by_id(
        self, standin: StandIn, project: Repository, installation: Installation, installations: Installations
    ) -> None:
        standin.world.rename("octo/shop", NEW)
        assert installations.place(installation.id, "octo/shop", project.id) == (installation.id, NEW)
        asked = standin.count("POST /app/installations/")
        assert installations.api(installation.id, NEW).get(f"/repos/{NEW}")["full_name"] == NEW
        assert standin.count("POST /app/installations/") == asked == 1
        (token,) = standin.world.tokens.values()
        assert token.repositories == {NEW}

    def test_another_installation_of_ours_is_no_way_in(
        self, standin: StandIn, project: Repository, app: App, installations: Installations
    ) -> None:
        """The old name is somebody else's by now, who has the App too; the id is not theirs."""
        narrow = standin.world.install(app, "acme", "acme/none")
        standin.world.repository("acme/shop")
        standin.world.install(app, "octo")
        with pytest.raises(DeniedError):
            installations.place(narrow.id, "octo/shop", 999_999)
