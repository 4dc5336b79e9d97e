"""What the real linter and type checker say of reference bodies."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from collapse_lab.study import PocketTasks
from collapse_lab.tasks.pocket import PocketSource
from collapse_lab.tasks.untidy import WAYS
from collapse_lab.tasks.writing import Written


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    source = PocketSource(PocketTasks(untidy=0.5))
    return {f"m{i}": found.written for i, found in enumerate(islice(source.drawing("tidiness", 0), 400))}


@pytest.fixture(scope="module")
def folder(files: dict[str, Written], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bodies")
    for name, written in files.items():
        (folder / f"{name}.py").write_text(written.prompt + written.body)
    return folder


def test_pylint_is_silent_on_tidy_bodies_and_names_what_is_untidy(files: dict[str, Written], folder: Path) -> None:
    command = [sys.executable, "-m", "pylint", "--rcfile=/dev/null", "--output-format=json", "--recursive=y"]
    command.append("--disable=missing-module-docstring,duplicate-code")
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    said: dict[str, set[str]] = {name: set() for name in files}
    for message in json.loads(done.stdout):
        said[Path(message["path"]).stem].add(message["symbol"])
    for name, written in files.items():
        if written.untidy:
            assert written.untidy in said[name], written.body
        else:
            assert not said[name], written.body
    assert {written.untidy for written in files.values()} == {"", *WAYS}


def test_mypy_is_silent(folder: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "cache"), "--config-file="]
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
