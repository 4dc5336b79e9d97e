"""Builds the sample repository: the files are data beside this module, git does the rest."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path

import yaml

_HERE = Path(__file__).parent / "sample"
# The sample's files carry it, so that no tool takes its broken Python for ours.
_SUFFIX = ".txt"
# Fixed, so that every build has the same commit ids.
_DATE = "2026-11-02T09:00:00+00:00"
_MAINTAINER = "Ada Moreau <ada@example.org>"


@dataclass(frozen=True)
class Branch:
    """A pull request of the sample: its branch, the folder laid over main, and what it is about."""

    branch: str
    files: str
    about: str
    author: str
    message: str


def branches() -> Iterator[Branch]:
    """Yield the sample's pull requests."""
    for row in yaml.safe_load((_HERE / "branches.yml").read_text("utf-8")):
        yield Branch(**row)


def build(directory: Path) -> None:
    """Build the repository anew in *directory*; what an earlier run left there is replaced."""
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    _git(directory, "init", "--quiet", "--initial-branch=main")
    _commit(directory, "main", _MAINTAINER, "Sell things\n")
    for branch in branches():
        _git(directory, "checkout", "--quiet", "-b", branch.branch, "main")
        _commit(directory, branch.files, branch.author, branch.message)
    _git(directory, "checkout", "--quiet", "main")


def _commit(directory: Path, files: str, author: str, message: str) -> None:
    source = _HERE / files
    for path in sorted(source.rglob(f"*{_SUFFIX}")):
        target = directory / str(path.relative_to(source)).removesuffix(_SUFFIX)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    _git(directory, "add", "--all")
    _git(directory, "commit", "--quiet", "--file=-", author=author, stdin=message)


def _git(directory: Path, *args: str, author: str = _MAINTAINER, stdin: str = "") -> None:
    name, address = parseaddr(author.replace("[bot]", "%bot%"))
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": _DATE,
        "GIT_COMMITTER_DATE": _DATE,
    }
    for role in ("AUTHOR", "COMMITTER"):
        environment[f"GIT_{role}_NAME"] = name.replace("%bot%", "[bot]")
        environment[f"GIT_{role}_EMAIL"] = address.replace("%bot%", "[bot]")
    subprocess.run(["git", "-C", str(directory), *args], env=environment, input=stdin.encode(), check=True)
