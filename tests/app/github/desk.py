"""The App at work on one pull request of the stand-in GitHub, with a real ledger, git and sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.github.app_auth import Installations
from app.ledger.ledger import Ledger
from app.pull_review import Asked, Services, review_pull
from app.settings import Settings
from tests.conftest import Repo
from tests.standin.apps import Installation
from tests.standin.server import StandIn
from tests.standin.world import Pull, Repository

STRICT = "gates: {compile: block, secrets: block}\nreview: {declared: [ai-declared], approvals: 1, by: human}\n"
GOOD = {"double.py": "def double(number: int) -> int:\n    return 2 * number\n"}
BROKEN = {"double.py": "def double(number:\n"}
BY_AI = "Double\n\nCo-Authored-By: Claude <noreply@anthropic.com>"


class Desk:
    """The App at work on pull request 1 of ``octo/shop``."""

    def __init__(self, services: Services, installation: Installation, standin: StandIn, work: Repo) -> None:
        self.services, self.installation, self.standin, self.work = services, installation, standin, work
        self.base = standin.world.repositories["octo/shop"]
        self.fork = standin.world.repositories["mallory/shop"]
        self.deliveries = 0

    def push(self, files: dict[str, str], message: str = "Double") -> str:
        sha = self.work.commit(files, message)
        self.work.git("push", "--quiet", str(self.fork.directory), "HEAD:refs/heads/feature")
        self.standin.world.update_pull(self.base, 1)
        return sha

    def review(self, head: str, **more: Any) -> str:
        self.deliveries += 1
        asked = Asked(self.installation.id, "octo/shop", head, f"delivery-{self.deliveries}", **more)
        return review_pull(self.services, asked, 1)

    def runs(self) -> list[dict[str, Any]]:
        return [run.fields for run in self.base.check_runs.values()]

    def labels(self) -> set[str]:
        return set(self.base.issues[1].labels)


@pytest.fixture
def desk(
    settings: Settings,
    installations: Installations,
    installation: Installation,
    standin: StandIn,
    work: Repo,
    pull: Pull,
    project: Repository,
) -> Iterator[Desk]:
    settings.data_dir.mkdir()
    work.git("checkout", "--quiet", "main")
    work.commit({".github/exogate.yml": STRICT}, "A policy")
    work.git("push", "--quiet", str(project.directory), "main")
    work.git("checkout", "--quiet", "-B", "feature", "main")
    work.git("push", "--quiet", "--force", str(standin.world.repositories["mallory/shop"].directory), "feature")
    ledger = Ledger.open(f"sqlite:///{settings.data_dir}/ledger.sqlite3")
    yield Desk(Services(settings, installations, ledger), installation, standin, work)
    ledger.close()
