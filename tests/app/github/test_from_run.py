"""The second workflow: an artifact of whoever opened the pull request, published by a token that may write."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from app.github import runs
from app.github.api import Patience
from app.github.errors import GitHubError
from app.github.from_run import Request, Told, UnsuitableError, publish_run
from app.review_types import Revision
from tests.app.github.conftest import FAILED, PASSED, as_artifact, of_commit, with_fields, zipped
from tests.app.reporting.conftest import HOSTILE, HOSTILE_REVIEW, MANY
from tests.conftest import Repo
from tests.standin.faults import Kind
from tests.standin.server import StandIn
from tests.standin.world import Pull, Repository

NAME = "exogate-review"


class Second:
    """The second workflow, as a test sees it."""

    def __init__(self, standin: StandIn, project: Repository, token: str, patience: Patience, head: str) -> None:
        self.standin, self.project, self.token, self.patience, self.head = standin, project, token, patience, head

    def after(self, archive: bytes | None, **changes: Any) -> Told:
        """Publish after a run that left *archive*."""
        run = self.standin.world.run(self.project, 1, {} if archive is None else {NAME: archive})
        return self.of(run.id, **changes)

    def of(self, run: int, **changes: Any) -> Told:
        request = Request("octo/shop", run, self.standin.url, self.token)
        return publish_run(replace(request, **changes), self.patience)

    @property
    def labels(self) -> set[str]:
        return set(self.project.issues[1].labels)

    @property
    def comment(self) -> str:
        (comment,) = self.project.comments
        return comment.body


@pytest.fixture
def second(standin: StandIn, project: Repository, pull: Pull, token: str, patience: Patience, head: str) -> Second:
    return Second(standin, project, token, patience, head)


def push(second: Second, work: Repo, files: dict[str, str]) -> str:
    """Push a commit to the fork's branch."""
    made = work.commit(files, "More")
    work.git("push", "--quiet", str(second.standin.world.repositories["mallory/shop"].directory), "feature")
    second.standin.world.update_pull(second.project, 1)
    return made


def test_a_review_is_published(second: Second) -> None:
    told = second.after(as_artifact(of_commit(FAILED, second.head)))
    assert (told.number, told.reason, told.published.notes) == (1, None, ())
    assert second.labels == {"gates/failed", "provenance/ai"}
    assert "## ❌ Rejected by tampering" in second.comment
    assert f"[the run for {second.head[:10]}]({second.standin.url}/octo/shop/actions/runs/" in second.comment


def test_what_is_off_is_left_alone(second: Second) -> None:
    artifact = as_artifact(of_commit(PASSED, second.head))
    second.after(artifact, comment=False)
    assert second.project.comments == []
    second.after(as_artifact(of_commit(FAILED, second.head)), labels=False)
    assert second.labels == {"gates/passed", "provenance/ai"}


class TestThePolicysLabels:
    """Their names come from the base branch's policy, which GitHub gives; the artifact has no say."""

    def policy(self, second: Second, work: Repo, text: str, branch: str = "main") -> None:
        work.git("checkout", "--quiet", "-B", "policy", "main")
        work.commit({".github/exogate.yml": text}, "A policy")
        work.git("push", "--quiet", str(second.project.directory), f"policy:{branch}")

    def test_they_are_named_so(self, second: Second, work: Repo) -> None:
        self.policy(second, work, "extends: compile\nlabels: {gates/failed: {name: Red}, provenance/ai: off}\n")
        told = second.after(as_artifact(of_commit(FAILED, second.head)))
        assert told.published.notes == ()
        assert second.labels == {"Red"}
        second.after(None)
        assert second.labels == set(), "what nobody can believe any more is taken back by its name"

    def test_another_branchs_policy_is_not_asked(self, second: Second, work: Repo) -> None:
        self.policy(second, work, "labels: off\n", "other")
        second.after(as_artifact(of_commit(FAILED, second.head)))
        assert second.labels == {"gates/failed", "provenance/ai"}

    def test_a_broken_one_is_told_about(self, second: Second, work: Repo) -> None:
        self.policy(second, work, "labels: {gates/fail: off}\n")
        told = second.after(as_artifact(of_commit(FAILED, second.head)))
        assert "main's .github/exogate.yml, line 1: There is no label 'gates/fail'" in told.published.notes[0]
        assert second.labels == {"gates/failed", "provenance/ai"}

    def test_without_labels_nobody_asks_for_it(self, second: Second) -> None:
        second.after(as_artifact(of_commit(FAILED, second.head)), labels=False)
        assert second.standin.count("GET /repos/octo/shop/contents") == 0


class TestWhichPullRequest:
    """GitHub says it; nothing in the artifact, and no number, does."""

    def test_a_number_in_the_artifact_is_no_review(self, second: Second) -> None:
        world, project = second.standin.world, second.project
        other = world.open_pull(project, world.repositories["mallory/shop"], "main", author="ada")
        raw = with_fields(of_commit(PASSED, second.head), pull_request=other.number, number=other.number)
        told = second.after(zipped({"review.json": raw}))
        assert (told.number, told.trusted) == (1, False)
        assert project.issues[other.number].labels == []
        assert all(comment.number == 1 for comment in project.comments)

    def test_a_review_of_another_commit_is_not_published(self, second: Second) -> None:
        told = second.after(as_artifact(of_commit(PASSED, second.project.commit("main"))))
        assert not told.trusted
        assert second.labels == set()
        assert "another commit" in second.comment

    def test_the_same_branch_name_in_another_fork_is_another(self, second: Second) -> None:
        world, project = second.standin.world, second.project
        twin = world.fork(project, "trent")
        twin.git("fetch", "--quiet", str(world.repositories["mallory/shop"].directory), "feature:feature")
        world.open_pull(project, twin, "feature", author="trent")
        second.after(as_artifact(of_commit(PASSED, second.head)))
        assert project.issues[1].labels != []
        assert project.issues[2].labels == []

    def test_two_pull_requests_of_one_branch_are_told_apart_by_nobody(self, second: Second) -> None:
        world, project = second.standin.world, second.project
        world.open_pull(project, world.repositories["mallory/shop"], "feature", author="mallory")
        with pytest.raises(UnsuitableError, match="2 open pull requests"):
            second.after(as_artifact(of_commit(PASSED, second.head)))
        assert project.comments == []

    def test_a_closed_one_gets_nothing(self, second: Second) -> None:
        second.project.issues[1].state = "closed"
        with pytest.raises(UnsuitableError, match="No open pull request"):
            second.after(as_artifact(of_commit(PASSED, second.head)))

    def test_an_older_run_does_not_overwrite_a_newer_one(self, second: Second, work: Repo) -> None:
        run = second.standin.world.run(second.project, 1, {NAME: as_artifact(of_commit(PASSED, second.head))})
        newer = push(second, work, {"shop.py": "PRICE = 3\n"})
        second.after(as_artifact(of_commit(FAILED, newer)))
        told = second.of(run.id)
        assert "newer commit" in str(told.reason)
        assert second.labels == {"gates/failed", "provenance/ai"}

    def test_an_older_run_without_a_review_takes_nothing_back(self, second: Second, work: Repo) -> None:
        run = second.standin.world.run(second.project, 1, {})
        newer = push(second, work, {"shop.py": "PRICE = 3\n"})
        second.after(as_artifact(of_commit(PASSED, newer)))
        assert second.of(run.id).published.labels == ()
        assert second.labels == {"gates/passed", "provenance/ai"}

    def test_another_fork_of_the_same_owner_is_another(self, second: Second) -> None:
        world, project = second.standin.world, second.project
        twin = world.fork(project, "mallory", "shop-2")
        twin.git("fetch", "--quiet", str(world.repositories["mallory/shop"].directory), "feature:feature")
        world.open_pull(project, twin, "feature", author="mallory")
        assert second.after(as_artifact(of_commit(PASSED, second.head))).number == 1
        assert project.issues[2].labels == []

    def test_a_branch_of_an_odd_name(self, second: Second, work: Repo) -> None:
        world, project = second.standin.world, second.project
        name = "odd/a&state=closed#c%41+é"
        work.git("push", "--quiet", str(world.repositories["mallory/shop"].directory), f"feature:{name}")
        made = world.open_pull(project, world.repositories["mallory/shop"], name, author="mallory")
        run = world.run(project, made.number, {NAME: as_artifact(of_commit(PASSED, second.head))})
        assert second.of(run.id).number == made.number

    def test_a_branch_of_the_repository_itself(self, second: Second, work: Repo) -> None:
        world, project = second.standin.world, second.project
        work.git("push", "--quiet", str(project.directory), "feature:own")
        made = world.open_pull(project, project, "own", author="octo")
        run = world.run(project, made.number, {NAME: as_artifact(of_commit(PASSED, second.head))})
        assert second.of(run.id).number == made.number


class TestWhichRun:
    @pytest.mark.parametrize(
        ("field", "value"),
        [("event", "push"), ("event", "pull_request_target"), ("path", ".github/workflows/evil.yml")],
    )
    def test_another_kind_of_run_is_refused(self, second: Second, field: str, value: str) -> None:
        run = second.standin.world.run(second.project, 1, {NAME: as_artifact(of_commit(PASSED, second.head))})
        setattr(run, field, value)
        with pytest.raises(UnsuitableError):
            second.of(run.id)
        assert second.labels == set()

    def test_a_run_that_was_cancelled_takes_nothing_back(self, second: Second) -> None:
        second.after(as_artifact(of_commit(PASSED, second.head)))
        run = second.standin.world.run(second.project, 1, {})
        run.conclusion = "cancelled"
        with pytest.raises(UnsuitableError):
            second.of(run.id)
        assert second.labels == {"gates/passed", "provenance/ai"}

    def test_a_run_that_is_not_there(self, second: Second) -> None:
        with pytest.raises(GitHubError, match="404"):
            second.of(4711)

    @pytest.mark.parametrize(
        "path", [".github/workflows/exogate-review.yml", ".github/workflows/new.yml", ".github/actions/x/action.yml"]
    )
    def test_a_pull_request_that_edits_its_judge_is_not_believed(self, second: Second, work: Repo, path: str) -> None:
        second.after(as_artifact(of_commit(PASSED, second.head)))
        head = push(second, work, {path: "on: pull_request\n"})
        told = second.after(as_artifact(of_commit(PASSED, head)))
        assert not told.trusted
        assert second.labels == set(), "what was said of the earlier commit must not stand for this one"
        assert "edits workflows" in second.comment

    def test_more_files_than_github_lists_are_not_believed(
        self, second: Second, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(runs, "MOST_FILES", 1)
        assert not second.after(as_artifact(of_commit(PASSED, second.head))).trusted

    def test_a_workflow_that_is_moved_away_is_an_edit(
        self, standin: StandIn, project: Repository, token: str, patience: Patience, work: Repo
    ) -> None:
        work.git("checkout", "--quiet", "main")
        work.commit({".github/workflows/exogate-review.yml": "on: pull_request\n" * 9})
        work.git("push", "--quiet", str(project.directory), "main")
        fork = standin.world.fork(project, "mallory")
        work.branch("moved")
        work.git("mv", ".github/workflows/exogate-review.yml", "old.yml")
        head = work.commit({})
        work.git("push", "--quiet", str(fork.directory), "moved")
        standin.world.open_pull(project, fork, "moved", author="mallory")
        second = Second(standin, project, token, patience, head)
        assert not second.after(as_artifact(of_commit(PASSED, head))).trusted


class TestHostileArtifacts:
    @pytest.mark.parametrize(
        ("archive", "said"),
        [
            pytest.param(zipped({"review.json": b"\0" * 60_000_000}), "unpacks to", id="zip bomb"),
            pytest.param(zipped({"../../review.json": b"{}"}), "names a path", id="path traversal"),
            pytest.param(zipped({"review.json": b"{}"}), "form", id="no review"),
            pytest.param(zipped({"review.json": b"[" * 200_000}), "no JSON", id="deep"),
            pytest.param(b"<html>", "no zip", id="no zip"),
            pytest.param(None, "no artifact", id="nothing"),
            pytest.param(
                zipped({"review.json": with_fields(FAILED, decision="accept", would_decide="accept")}),
                "does not follow",
                id="a decision that does not follow",
            ),
        ],
    )
    def test_what_is_no_review_takes_back_the_earlier_one(
        self, second: Second, archive: bytes | None, said: str
    ) -> None:
        second.after(as_artifact(of_commit(PASSED, second.head)))
        told = second.after(archive)
        assert not told.trusted
        assert said in str(told.reason)
        assert second.labels == set()
        assert said in second.comment

    def test_an_expired_artifact_is_none(self, second: Second) -> None:
        run = second.standin.world.run(second.project, 1, {NAME: as_artifact(of_commit(PASSED, second.head))})
        for artifact in second.project.artifacts.values():
            artifact.expired = True
        assert "expired" in str(second.of(run.id).reason)

    @pytest.mark.parametrize("review", [replace(HOSTILE_REVIEW, base=Revision(HOSTILE, "a" * 40)), MANY])
    def test_its_texts_are_neutralised(self, second: Second, review: Any) -> None:
        second.after(as_artifact(of_commit(review, second.head)))
        assert len(second.comment) <= 65_536
        html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(second.comment)
        text = re.sub(r"<code>.*?</code>|<[^>]*>", "", html, flags=re.DOTALL)  # nobody is mentioned in code
        assert "<img" not in html
        assert set(re.findall(r'<a href="([^"]*)"', html)) == {
            f"{second.standin.url}/octo/shop/actions/runs/{run}" for run in second.project.runs
        }
        assert "@octocat" not in text

    def test_huge_strings_are_cut(self, second: Second) -> None:
        long = "y" * 1_000_000
        raw = with_fields(of_commit(PASSED, second.head), notes=[long] * 3, review_needed=long)
        second.after(zipped({"review.json": raw}))
        assert len(second.comment) < 20_000
        assert second.labels == {"gates/passed", "provenance/ai"}

    def test_the_store_is_given_no_token(self, second: Second) -> None:
        second.after(as_artifact(of_commit(PASSED, second.head)))
        (download,) = [seen for seen in second.standin.seen if seen.line.startswith("GET /-store/")]
        assert not download.authorized


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.EXPIRED_TOKEN])
@pytest.mark.parametrize(
    "pattern", ["^GET .*/runs/[0-9]+$", "^GET .*/artifacts$", "^GET .*/pulls$", "^GET .*/files$", "/zip$", "/-store/"]
)
def test_one_fault_changes_nothing_about_the_end(second: Second, kind: Kind, pattern: str) -> None:
    fault = second.standin.fail(kind, pattern, wait=30)
    told = second.after(as_artifact(of_commit(PASSED, second.head)))
    assert fault.times == 0
    assert (told.published.notes, told.trusted) == ((), True)
    assert second.labels == {"gates/passed", "provenance/ai"}


def test_a_token_without_the_right_to_read_runs(second: Second, standin: StandIn) -> None:
    second.project.private = True
    second.token = standin.world.token("github-actions[bot]", {"pull_requests": "write"}, "octo/shop")
    with pytest.raises(GitHubError, match="does not allow"):
        second.after(as_artifact(of_commit(PASSED, second.head)))


def test_nothing_is_written_to_disk(second: Second, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    second.after(as_artifact(of_commit(PASSED, second.head)))
    assert list(empty.iterdir()) == []
