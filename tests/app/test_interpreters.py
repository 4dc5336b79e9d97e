"""Which Python runs the tests: the repository's own, but never one that the change could have brought."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.interpreters import choose
from gates.change import MemorySnapshot
from gates.interpreter import Interpreter, InterpreterError
from tests.conftest import Repo


def _environment(repo: Repo) -> Path:
    """Make something that looks like a virtual environment with pytest and leaves a trace when it is run."""
    python = repo.path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\ntouch "{repo.path}/was-run"\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return python


@pytest.fixture(autouse=True)
def _no_active_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def test_the_repositorys_own_environment_is_used(repo: Repo) -> None:
    repo.commit({"a": "x"})
    python = _environment(repo)
    found, origin = choose(repo.path, (), None)
    assert found.executable == python
    assert "repository's .venv" in origin


def test_an_environment_that_the_change_brings_is_never_run(repo: Repo) -> None:
    repo.commit({"a": "x"})
    _environment(repo)
    brought = MemorySnapshot.of({".venv/bin/python": "#!/bin/sh\n"})
    found, _ = choose(repo.path, (MemorySnapshot({}), brought), None)
    assert found.executable.parent != repo.path / ".venv" / "bin"
    assert not (repo.path / "was-run").exists()


def test_an_environment_that_git_tracks_is_never_run(repo: Repo) -> None:
    _environment(repo)
    repo.commit({"a": "x"})
    choose(repo.path, (), None)
    assert not (repo.path / "was-run").exists()


def test_the_one_asked_for_must_work(repo: Repo) -> None:
    found, origin = choose(repo.path, (), sys.executable)
    assert found.executable == Path(sys.executable)
    assert origin == "as asked for"
    with pytest.raises(InterpreterError, match="--python"):
        choose(repo.path, (), "/bin/true")
    with pytest.raises(InterpreterError, match="--python"):
        choose(repo.path, (), "/nowhere/python")


def test_without_any_other_exogates_own_is_used(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"a": "x"})
    monkeypatch.setenv("PATH", str(repo.path))
    monkeypatch.setattr("app.interpreters._is_tracked", lambda *_: False)
    found, origin = choose(repo.path, (), None)
    assert found == Interpreter.own()
    assert "Exogate's own" in origin


def test_a_relative_path_is_kept_as_an_absolute_one(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    python = _environment(repo)
    monkeypatch.chdir(repo.path)
    found, _ = choose(repo.path, (), ".venv/bin/python")
    assert found.executable == python


def test_a_bare_name_is_looked_up_on_path(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    python = _environment(repo)
    monkeypatch.setenv("PATH", f"{python.parent}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    found, _ = choose(repo.path, (), "python")
    assert found.executable == python
