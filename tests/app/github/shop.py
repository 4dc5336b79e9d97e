"""``octo/shop``, private, with a pull request from a fork; and reading a clone as a review does."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.github.checkout import Wanted
from app.local import open_change
from app.provenance.read import read_history
from tests.conftest import Repo
from tests.standin.server import StandIn
from tests.standin.world import Pull, Repository

CONTENTS = "^POST /octo/shop.git/git-upload-pack$"


class Shop:
    """``octo/shop``, private, with a fork that a pull request comes from."""

    def __init__(self, standin: StandIn, work: Repo, base: Repository, fork: Repository) -> None:
        self.standin, self.work, self.base, self.fork = standin, work, base, fork
        base.private = True

    @property
    def wanted(self) -> Wanted:
        head = self.base.git("rev-parse", "refs/pull/1/head").strip()
        return Wanted("octo/shop", self.base.commit("main"), head, 1)

    def push(self, files: dict[str, str | bytes | None], message: str = "More", *, force: bool = False) -> str:
        sha = self.work.commit(files, message)
        plus = "+" if force else ""
        self.work.git("push", "--quiet", str(self.fork.directory), f"{plus}HEAD:refs/heads/feature")
        self.standin.world.update_pull(self.base, 1)
        return sha

    def push_base(self, files: dict[str, str | bytes | None]) -> str:
        self.work.git("checkout", "--quiet", "main")
        sha = self.work.commit(files, "Base")
        self.work.git("push", "--quiet", str(self.base.directory), "main")
        self.work.git("checkout", "--quiet", "feature")
        return sha


@pytest.fixture
def place(standin: StandIn, work: Repo, project: Repository, pull: Pull) -> Shop:
    return Shop(standin, work, project, standin.world.repositories["mallory/shop"])


def readable(clone: Path, wanted: Wanted) -> list[str]:
    """Read as a review does; return the changed paths."""
    with open_change(clone, wanted.base, wanted.head) as local:
        for snapshot in (local.change.base, local.change.head, local.policy_base):
            assert dict(snapshot.read_many(snapshot.entries))
        history = read_history(clone, local.head_commit, f"^{local.base_commit}")
        assert history.evidence.remarks == ()
        assert len(history.commits) >= 1
        return [file.path for file in local.change.files]
