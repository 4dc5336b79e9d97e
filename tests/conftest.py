"""Fixtures that most tests share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gates.gate import Context
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.workspace import Workspace
from tests.order import ordered


class Repo:
    """A git repository in a temporary directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada Moreau",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada Moreau",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            **(env or {}),
        }
        done = subprocess.run(
            ["git", "-C", str(self.path), *args], input=stdin, capture_output=True, env=environment, check=True
        )
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "A change", **env: str) -> str:
        self.write(files)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--file=-", stdin=message.encode(), env=env)
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "main") -> None:
        self.git("checkout", "--quiet", "-b", name, start)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    path = tmp_path / "repo"
    path.mkdir()
    return Repo(path)


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[[str], Repo]:
    def make(name: str) -> Repo:
        path = tmp_path / name
        path.mkdir()
        return Repo(path)

    return make


@pytest.fixture
def context() -> Iterator[Context]:
    """A gate's context with the real sandbox, Exogate's own interpreter and no cache."""
    own = Interpreter.own()
    with Workspace() as workspace:
        yield Context(workspace, own, own, Bubblewrap())


# After -m has left out what it leaves out: parts are of as many tests each.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes > 1:
        here = Path(__file__).parent
        files = [item.path.relative_to(here).as_posix() for item in items]
        items[:] = ordered(items, files, processes)
