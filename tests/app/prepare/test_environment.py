"""Environments are made in the sandbox, of the operator's index alone, and nothing of a package runs outside it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.prepare.environment import Index, Prepared, PrepareError, prepare
from gates.change import Change, MemorySnapshot
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import Command
from tests.app.prepare.index import Served, serving, tattler, wheel

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(240)]
PYTEST = wheel("pytest", {"pytest/__init__.py": "NAME = 'a stand-in'\n"})


@pytest.fixture
def index() -> Iterator[Served]:
    with serving() as server:
        server.files = dict([PYTEST, wheel("dep", {"dep.py": "VALUE = 1\n"}), wheel("other", {"other.py": "\n"})])
        yield server


def snapshot(requirements: str | None) -> MemorySnapshot:
    files: dict[str, str | bytes] = {"a.py": "x = 1\n"}
    return MemorySnapshot.of(files if requirements is None else {**files, "requirements.txt": requirements})


def made(index: Served, root: Path, base: str | None, head: str | None, tip: str | None = "") -> Prepared | None:
    tip = base if tip == "" else tip
    change = Change("c", snapshot(base), snapshot(head), ())
    return prepare(change, snapshot(tip), Bubblewrap(), Index(index.url, ()), root)


def run(prepared: Prepared, code: str) -> str:
    interpreter = prepared.interpreter
    command = Command((str(interpreter.executable), "-c", code), runtimes=interpreter.runtimes)
    result = Bubblewrap().run(command)
    assert result.ok, result.stderr
    return result.stdout.decode().strip()


def test_it_holds_what_was_asked_for_and_is_made_once(index: Served, tmp_path: Path) -> None:
    root = tmp_path / "kept"
    first = made(index, root, "dep\n", "dep\n")
    assert first is not None
    assert first.interpreter.has_pytest
    assert run(first, "import dep, pytest; print(dep.VALUE, pytest.NAME)") == "1 a stand-in"
    assert "the base's dependencies, from requirements.txt" in first.origin
    asked = len(index.asked)
    assert made(index, root, "dep\n", "dep\n") == first
    assert len(index.asked) == asked


def test_a_change_that_edits_them_is_judged_with_its_own_and_told(index: Served, tmp_path: Path) -> None:
    edited = made(index, tmp_path, "dep\n", "dep\nother\n")
    assert edited is not None
    assert run(edited, "import other; print('there')") == "there"
    assert "The change edits what the tests need (requirements.txt)" in " ".join(edited.notes)


def test_a_branch_that_is_merely_behind_gets_the_bases(index: Served, tmp_path: Path) -> None:
    behind = made(index, tmp_path, "dep\n", "dep\n", tip="dep\nother\n")
    assert behind is not None
    assert run(behind, "import other; print('there')") == "there"
    assert behind.notes == ()


def test_where_nothing_is_asked_for_there_is_nothing(index: Served, tmp_path: Path) -> None:
    assert made(index, tmp_path, None, None) is None
    assert index.asked == []


def test_a_package_that_does_not_exist_is_a_sentence_and_nothing_is_kept(index: Served, tmp_path: Path) -> None:
    with pytest.raises(PrepareError, match=r"No matching distribution found for missing-package") as caught:
        made(index, tmp_path, "missing-package\n", "missing-package\n")
    assert str(caught.value).endswith(".")
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_a_build_back_end_reaches_the_index_and_nothing_else(
    index: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "hunter2")
    mark = tmp_path / "a-pth-file-ran"
    with serving() as secret:
        index.files |= dict([tattler(secret.server_port, str(mark))])
        prepared = made(index, tmp_path / "kept", "tattler\n", "tattler\n")
        assert secret.asked == []
    assert prepared is not None
    assert not mark.exists(), "a package's .pth file ran outside the sandbox"
    assert prepared.interpreter.executable.exists()
    found = ast.literal_eval(run(prepared, "import tattler; print(tattler.FOUND)"))
    assert "403" in found["elsewhere"]
    assert "ConnectionRefused" in found["directly"] or "unreachable" in found["directly"]
    assert "Error" in found["write"]
    assert "Error" in found["home"] or found["home"] == "reached: []"
    assert "hunter2" not in str(found["environment"])
    assert not Path("/usr/exogate-was-here").exists()
    assert "PTH_RAN" not in os.environ
