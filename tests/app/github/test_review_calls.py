"""What a whole review asks of GitHub: counted, for a pull request of 100 files with 30 remarks."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra: pip install 'exogate[app]'")

from app.github import labels
from app.github.app_auth import Installations
from app.github.target import Target
from app.ledger.ledger import Ledger
from app.pull_review import Asked, Services, review_pull
from app.reporting.labels import BY_KEY, configured
from app.settings import Settings
from gates.policy_labels import LabelRule
from tests.conftest import Repo
from tests.standin.apps import App, Installation
from tests.standin.faults import LIMITS, Kind
from tests.standin.server import StandIn
from tests.standin.world import Pull, Repository

FILES, REMARKS, MOST = 100, 30, 12
WANTED = frozenset({"provenance/ai", "gates/failed", "review/needs-human"})
PASSED = frozenset({"provenance/ai", "gates/passed"})
POLICY = "gates: {compile: block, secrets: block}\nreview: {declared: [ai-declared], approvals: 1, by: human}\n"
BY_AI = "A hundred\n\nCo-Authored-By: Claude <noreply@anthropic.com>"


class Large:
    """``octo/shop`` with a pull request that changes a hundred files, and an organisation's policy.

    A new worker reviews each time, which remembers nothing.
    """

    def __init__(self, standin: StandIn, settings: Settings, patience: Any, installation: Installation) -> None:
        self.standin, self.settings, self.patience, self.installation = standin, settings, patience, installation
        self.base = standin.world.repositories["octo/shop"]

    def push(self, work: Repo, *, broken: int, message: str = BY_AI) -> str:
        """Push a head of which so many files are broken; return its commit."""
        work.git("checkout", "--quiet", "-B", "feature", "main")
        good = {f"pkg/m{n}.py": f"x = {n}\n" for n in range(broken, FILES)}
        head = work.commit({f"pkg/m{n}.py": "def f(:\n" for n in range(broken)} | good, message)
        fork = self.standin.world.repositories["mallory/shop"].directory
        work.git("push", "--quiet", "--force", str(fork), "HEAD:refs/heads/feature")
        self.standin.world.update_pull(self.base, 1)
        return head

    def review(self, head: str) -> list[str]:
        """Review once, as the App does it, and return the requests to the API."""
        before = len(self.standin.seen)
        self.settings.data_dir.mkdir(exist_ok=True)
        ledger = Ledger.open(f"sqlite:///{self.settings.data_dir}/ledger.sqlite3")
        try:
            services = Services(self.settings, Installations(self.settings, self.patience), ledger)
            asked = Asked(self.installation.id, "octo/shop", head, head, again=True)
            assert "was reviewed" not in review_pull(services, asked, 1)
        finally:
            ledger.close()
        return [seen.line for seen in self.standin.seen[before:] if ".git/" not in seen.line]

    def labels(self) -> set[str]:
        return set(self.base.issues[1].labels)


@pytest.fixture
def large(
    standin: StandIn,
    settings: Settings,
    patience: Any,
    installation: Installation,
    project: Repository,
    pull: Pull,
    work: Repo,
) -> Large:
    organisation = standin.world.repository("octo/.github", like=project.directory)
    work.git("checkout", "--quiet", "-b", "policy", "main")
    work.commit({".github/exogate.yml": POLICY}, "A policy")
    work.git("push", "--quiet", str(organisation.directory), "policy:main")
    project.roles["ada"] = "write"
    return Large(standin, settings, patience, installation)


@pytest.mark.sandbox
class TestCalls:
    """How often GitHub is asked in a whole review."""

    def test_a_first_review_in_a_new_repository(self, large: Large, work: Repo) -> None:
        made = large.review(large.push(work, broken=REMARKS))
        (run,) = large.base.check_runs.values()
        assert len(run.annotations) == REMARKS
        assert len(made) <= MOST, made
        assert large.labels() == WANTED
        for name in WANTED:
            offered = large.base.labels[name]
            assert (offered.color, offered.description) == (BY_KEY[name].color, BY_KEY[name].description)

    def test_a_later_review_with_labels_turned_over_and_an_approval(
        self, standin: StandIn, large: Large, work: Repo
    ) -> None:
        large.review(large.push(work, broken=REMARKS))
        passed = BY_KEY["gates/passed"]
        standin.world.offer_label(large.base, passed.name, passed.color, passed.description)
        head = large.push(work, broken=0)
        standin.world.review(large.base, 1, "ada")
        made = large.review(head)
        assert large.labels() == PASSED
        assert len(made) <= MOST, made
        assert len(large.base.check_runs) == 2

    def test_each_further_label_taken_off_is_one_call_more(self, standin: StandIn, large: Large, work: Repo) -> None:
        """Another author, another result, and an approval that counts: all four of ours go, which is rare."""
        for name, label in BY_KEY.items():
            standin.world.offer_label(large.base, name, label.color, label.description)
        head = large.push(work, broken=REMARKS)
        standin.world.review(large.base, 1, "claude[bot]")
        large.review(head)
        assert large.labels() == {*WANTED, "review/self-review"}
        head = large.push(work, broken=0, message="By hand")
        standin.world.review(large.base, 1, "ada")
        made = large.review(head)
        assert large.labels() == {"provenance/undeclared", "gates/passed"}
        assert len(made) <= MOST + 2, made

    def test_nothing_new_costs_less(self, large: Large, work: Repo) -> None:
        head = large.push(work, broken=REMARKS)
        large.review(head)
        assert len(large.review(head)) <= 8

    def test_git(self, standin: StandIn, large: Large, work: Repo) -> None:
        large.review(large.push(work, broken=0))
        # The base branch's tip, the two commits, and the contents.
        assert len(standin.git_asked) <= 3
        assert len([seen for seen in standin.seen if ".git/" in seen.line]) <= 9

    def test_a_label_that_a_person_sets_during_the_review_is_seen(
        self, standin: StandIn, large: Large, work: Repo, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The pull request was fetched before; the events tell of what came after."""
        large.review(large.push(work, broken=REMARKS))
        head = large.push(work, broken=0)
        ada, world = standin.world.user("ada"), standin.world
        original = labels.put

        def meanwhile(*args: Any, **kwargs: Any) -> labels.Plan:
            world.set_label(large.base, 1, "review/needs-human", ada, on=False)
            world.offer_label(large.base, "provenance/human")
            world.set_label(large.base, 1, "provenance/human", ada)
            world.set_label(large.base, 1, "gates/failed", ada, on=False)
            world.set_label(large.base, 1, "gates/failed", ada)
            return original(*args, **kwargs)

        monkeypatch.setattr(labels, "put", meanwhile)
        large.review(head)
        assert large.labels() == {"provenance/human", "gates/failed", "gates/passed"}
        (*_, run) = large.base.check_runs.values()
        said = run.fields["output"]["summary"].replace("\\", "")
        for sentence in (
            "The label provenance/human was set by ada and stays",
            "The label gates/failed was set by ada and stays",
            "The label review/needs-human was taken off by ada and is not put back",
        ):
            assert sentence in said


class TestLabels:
    """Labels by a token that makes them by naming them."""

    @pytest.fixture
    def target(self, standin: StandIn, project: Repository, pull: Pull, api: Any) -> Target:
        return Target("octo/shop", 1, standin.url, api.token, login="exogate[bot]")

    def test_a_persons_colour_stays(self, standin: StandIn, project: Repository, target: Target, api: Any) -> None:
        standin.world.offer_label(project, "gates/failed", "ffffff", None)
        standin.world.offer_label(project, "provenance/ai", "ededed", "Ours")
        labels.put(api, target, WANTED, seen=labels.Seen(()), is_first=True, makes=True)
        assert project.labels["gates/failed"].color == "ffffff"
        assert project.labels["provenance/ai"].color == "ededed"
        assert project.labels["review/needs-human"].color == BY_KEY["review/needs-human"].color

    def test_the_first_review_finds_a_persons_label(
        self, standin: StandIn, project: Repository, target: Target, api: Any
    ) -> None:
        ada = standin.world.user("ada")
        standin.world.offer_label(project, "provenance/human")
        standin.world.set_label(project, 1, "provenance/human", ada)
        made = labels.put(api, target, WANTED, seen=labels.Seen(("provenance/human",)), is_first=True, makes=True)
        assert set(project.issues[1].labels) == {"provenance/human", "gates/failed", "review/needs-human"}
        assert "set by ada" in made.notes[0]

    def test_a_policys_names_and_colours(self, standin: StandIn, project: Repository, target: Target, api: Any) -> None:
        """A label of that name that somebody else made keeps its colour, and may be spelt otherwise."""
        standin.world.offer_label(project, "Looked At", "ffffff", None)
        called = configured(
            {
                "gates/failed": LabelRule(name="Red / light: 50%", color="ff0000", description="Stop."),
                "provenance/ai": LabelRule(name="looked at", color="00ff00"),
                "review/needs-human": LabelRule(show="off"),
            }
        )
        made = labels.put(api, target, WANTED, called, seen=labels.Seen(()), is_first=True, makes=True)
        assert set(made.add) == {"Red / light: 50%", "looked at"}
        assert set(project.issues[1].labels) == {"Red / light: 50%", "Looked At"}
        red, looked = project.labels["red / light: 50%"], project.labels["looked at"]
        assert (red.color, red.description, looked.color) == ("ff0000", "Stop.", "ffffff")
        again = labels.put(api, target, WANTED, called, seen=labels.Seen(made.standing), makes=True)
        assert (again.add, again.remove, again.notes) == ((), (), ())
        gone = labels.put(api, target, PASSED, called, makes=True)
        assert gone.remove == ("Red / light: 50%",)
        assert set(project.issues[1].labels) == {"Looked At", "gates/passed"}

    def test_a_label_without_colour_or_words_is_left_as_github_makes_it(
        self, standin: StandIn, project: Repository, target: Target, api: Any
    ) -> None:
        called = configured({"gates/failed": LabelRule(color="ededed", description="")})
        labels.put(api, target, frozenset({"gates/failed"}), called, is_first=True, makes=True)
        assert standin.count("PATCH") == 0

    def test_with_all_labels_off_ours_go_and_nothing_more_is_asked(
        self, standin: StandIn, project: Repository, target: Target, api: Any, app: App
    ) -> None:
        off = configured(dict.fromkeys(BY_KEY, LabelRule(show="off")))
        for name, who in (("gates/passed", app.user), ("provenance/human", standin.world.user("ada"))):
            standin.world.offer_label(project, name)
            standin.world.set_label(project, 1, name, who)
        seen = labels.Seen(("gates/passed", "provenance/human"))
        assert labels.put(api, target, WANTED, off, seen=seen, makes=True).remove == ("gates/passed",)
        assert project.issues[1].labels == ["provenance/human"]
        before = len(standin.seen)
        assert labels.put(api, target, WANTED, off, seen=labels.Seen(("bug",)), makes=True) == labels.Plan()
        assert len(standin.seen) == before

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
        labels.put(api, target, WANTED, seen=labels.Seen(("gates/passed",)), makes=True)
        assert fault.times == 0, "the fault did not happen"
        assert set(project.issues[1].labels) == WANTED
        assert project.labels["gates/failed"].color == BY_KEY["gates/failed"].color
        assert kind not in LIMITS or standin.world.clock.now - began >= 30
