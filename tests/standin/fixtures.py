"""Fixtures around the stand-in; a test file's ``conftest`` takes them by import."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Repo
from tests.standin.server import StandIn, running
from tests.standin.world import PUBLIC_ACTIONS_BOT, Issue, Pull, Repository

WRITES = {"pull_requests": "write", "actions": "read", "contents": "read", "metadata": "read"}
READS = {"contents": "read", "pull_requests": "read", "metadata": "read"}


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    """A GitHub of our own. The test fails where it was asked, or answered, what GitHub's description forbids."""
    root = tmp_path / "github"
    root.mkdir()
    with running(root) as served:
        yield served
    assert not served.complaints, "\n".join(served.complaints)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with ``work`` (a work tree on ``feature``), ``base.git`` and ``fork.git``; built once."""
    root = tmp_path_factory.mktemp("shop")
    (root / "work").mkdir()
    work = Repo(root / "work")
    work.commit({"shop.py": "PRICE = 1\n"}, "Start")
    work.branch("feature")
    work.commit({"shop.py": "PRICE = 2\n"}, "Raise the price")
    for name in ("base.git", "fork.git"):
        work.git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(root / name))
    work.git("push", "--quiet", str(root / "base.git"), "main", "feature:refs/pull/1/head")
    work.git("push", "--quiet", str(root / "fork.git"), "main", "feature")
    return root


@pytest.fixture
def project(standin: StandIn, shop: Path) -> Repository:
    """``octo/shop`` with one commit on its default branch."""
    return standin.world.repository("octo/shop", like=shop / "base.git")


@pytest.fixture
def work(shop: Path, tmp_path: Path) -> Repo:
    """A work tree on ``feature``, to push further commits from."""
    shutil.copytree(shop / "work", tmp_path / "work")
    return Repo(tmp_path / "work")


def unversioned(standin: StandIn) -> Repository:
    """Make ``octo/shop`` with issue 1 and without git, for tests of what needs none: half a second less each."""
    world = standin.world
    made = Repository(world.next_id(), world.user("octo"), "shop", world.root / "none")
    made.issues[1] = Issue(world.next_id(), 1, "A change", world.user("mallory"), world.clock.stamp())
    world.repositories[made.full_name] = made
    return made


@pytest.fixture
def pull(standin: StandIn, project: Repository, shop: Path) -> Pull:
    """Pull request 1 of ``octo/shop``, from ``feature`` of the fork ``mallory/shop``."""
    world = standin.world
    fork = world.repository("mallory/shop", like=shop / "fork.git")
    fork.parent = project.full_name
    project.issues[1] = Issue(world.next_id(), 1, "A change", world.user("mallory"), world.clock.stamp())
    project.pulls[1] = Pull(1, project.default_branch, "feature", fork.full_name)
    return project.pulls[1]


@pytest.fixture
def token(standin: StandIn) -> str:
    """The token of a workflow with ``pull-requests: write``."""
    return standin.world.token(PUBLIC_ACTIONS_BOT, WRITES, "octo/shop")


@pytest.fixture
def read_only(standin: StandIn) -> str:
    """The token that a fork's pull request gets."""
    return standin.world.token(PUBLIC_ACTIONS_BOT, READS, "octo/shop")
