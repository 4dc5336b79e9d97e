"""What a whole review asks of GitHub: counted, for a pull request of 100 files with 30 remarks."""

from __future__ import annotations

from typing import Any

import pytest

from app.github import labels
from app.github.annotations import Note
from app.github.app_auth import READING, Installations
from app.github.checkout import Wanted, checkout
from app.github.checks import CheckRuns, Report
from app.github.config import rules_for
from app.github.pull import fetch_pull
from app.github.reviews import fetch_reviews
from app.github.target import Target
from app.local import open_change
from app.reporting.labels import BY_NAME
from app.settings import Settings
from app.standing import Conclusion
from tests.conftest import Repo
from tests.standin.apps import App, Installation
from tests.standin.faults import LIMITS, Kind
from tests.standin.server import StandIn
from tests.standin.world import Pull, Repository

FILES, REMARKS, MOST = 100, 30, 12
WANTED = frozenset({"provenance/ai", "gates/failed", "review/needs-human"})
PASSED = frozenset({"provenance/ai", "gates/passed"})


@pytest.fixture
def large(standin: StandIn, project: Repository, pull: Pull, work: Repo) -> Repository:
    """``octo/shop`` with a pull request that changes a hundred files, and an organisation's policy."""
    work.commit({f"pkg/m{n}.py": f"x = {n}\n" for n in range(FILES - 1)}, "A hundred")
    work.git("push", "--quiet", str(standin.world.repositories["mallory/shop"].directory), "HEAD:refs/heads/feature")
    standin.world.update_pull(project, 1)
    standin.world.repository("octo/.github", like=project.directory)
    project.roles["ada"] = "write"
    return project


class Review:
    """The steps of one review, as the App makes them; a new worker each time, which remembers nothing."""

    def __init__(self, standin: StandIn, settings: Settings, patience: Any, installation: Installation) -> None:
        self.standin, self.settings, self.patience, self.installation = standin, settings, patience, installation

    def run(self, wanted: frozenset[str], external_id: str, *, is_first: bool) -> list[str]:
        """Review once and return the requests to the API."""
        before = len(self.standin.seen)
        installations = Installations(self.settings, self.patience)
        number = self.installation.id
        api = installations.api(number, "octo/shop")
        pull = fetch_pull(api, "octo/shop", 1)
        checks = CheckRuns(api, pull.repository, self.settings.app_id or 0)
        run = checks.start(pull.head, external_id, summary="Judging.")
        with checks.finishing(run):
            clone = checkout(self.settings, api, Wanted(pull.repository, pull.base, pull.head, 1))
            with open_change(clone, pull.base, pull.head) as local:
                assert len(local.change.files) == FILES
                wide = installations.api(number, permissions=READING)
                rules = rules_for(self.settings, wide, pull.repository, local.policy_base)
                assert rules.policy.name == "standard"
            fetch_reviews(api, pull.repository, 1, head=pull.head, author=pull.author)
            pull = fetch_pull(api, pull.repository, 1)  # labels and head as they are now
            target = Target(pull.repository, 1, api.url, api.token, login=run.login)
            labels.put(api, target, wanted, present=pull.labels, is_first=is_first, makes=True)
            notes = [Note(f"pkg/m{n}.py", 1, 1, "warning", "lint", "Remark.") for n in range(REMARKS)]
            checks.complete(run, Conclusion.FAILURE, Report("Rejected", "Because.", notes))
        return [seen.line for seen in self.standin.seen[before:] if ".git/" not in seen.line]


@pytest.fixture
def whole(standin: StandIn, settings: Settings, patience: Any, installation: Installation, large: Repository) -> Review:
    return Review(standin, settings, patience, installation)


def test_a_first_review_in_a_new_repository(whole: Review, large: Repository) -> None:
    made = whole.run(WANTED, "review:1", is_first=True)
    assert len(made) <= MOST, made
    assert set(large.issues[1].labels) == WANTED
    for name in WANTED:
        offered = large.labels[name]
        assert (offered.color, offered.description) == (BY_NAME[name].color, BY_NAME[name].description)


def test_a_later_review_with_every_label_turned_over(standin: StandIn, whole: Review, large: Repository) -> None:
    whole.run(WANTED, "review:1", is_first=True)
    for name in PASSED:
        if name not in large.labels:
            standin.world.offer_label(large, name, BY_NAME[name].color, BY_NAME[name].description)
    standin.world.review(large, 1, "ada")
    made = whole.run(PASSED, "review:2", is_first=False)
    assert len(made) <= MOST + 1, made  # one more for each approval that may count
    assert set(large.issues[1].labels) == PASSED
    assert len(large.check_runs) == 2


def test_nothing_new_costs_less(whole: Review, large: Repository) -> None:
    whole.run(WANTED, "review:1", is_first=True)
    assert len(whole.run(WANTED, "review:2", is_first=False)) <= 9


def test_a_reviews_git_traffic(standin: StandIn, whole: Review) -> None:
    whole.run(WANTED, "review:1", is_first=True)
    assert len(standin.git_asked) == 2
    assert len([seen for seen in standin.seen if ".git/" in seen.line]) <= 7


class TestLabels:
    """Labels by a token that makes them by naming them."""

    @pytest.fixture
    def target(self, standin: StandIn, project: Repository, pull: Pull, api: Any) -> Target:
        return Target("octo/shop", 1, standin.url, api.token, login="exogate[bot]")

    def test_a_persons_colour_stays(self, standin: StandIn, project: Repository, target: Target, api: Any) -> None:
        standin.world.offer_label(project, "gates/failed", "ffffff", None)
        standin.world.offer_label(project, "provenance/ai", "ededed", "Ours")
        labels.put(api, target, WANTED, present=(), is_first=True, makes=True)
        assert project.labels["gates/failed"].color == "ffffff"
        assert project.labels["provenance/ai"].color == "ededed"
        assert project.labels["review/needs-human"].color == BY_NAME["review/needs-human"].color

    def test_the_first_review_finds_a_persons_label(
        self, standin: StandIn, project: Repository, target: Target, api: Any
    ) -> None:
        ada = standin.world.user("ada")
        standin.world.offer_label(project, "provenance/human")
        standin.world.set_label(project, 1, "provenance/human", ada)
        made = labels.put(api, target, WANTED, present=("provenance/human",), is_first=True, makes=True)
        assert set(project.issues[1].labels) == {"provenance/human", "gates/failed", "review/needs-human"}
        assert "set by ada" in made.notes[0]

    @pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.EXPIRED_TOKEN])
    @pytest.mark.parametrize(
        "pattern", ["^GET .*/issues/1/events", "^POST .*/issues/1/labels$", "^PATCH .*/labels/", "^DELETE .*/labels/"]
    )
    def test_one_fault_changes_nothing_about_the_end(
        self, standin: StandIn, project: Repository, target: Target, api: Any, kind: Kind, pattern: str, app: App
    ) -> None:
        standin.world.offer_label(project, "gates/passed")
        standin.world.set_label(project, 1, "gates/passed", app.user)
        fault = standin.fail(kind, pattern, wait=30)
        began = standin.world.clock.now
        labels.put(api, target, WANTED, present=("gates/passed",), makes=True)
        assert fault.times == 0, "the fault did not happen"
        assert set(project.issues[1].labels) == WANTED
        assert project.labels["gates/failed"].color == BY_NAME["gates/failed"].color
        assert kind not in LIMITS or standin.world.clock.now - began >= 30
