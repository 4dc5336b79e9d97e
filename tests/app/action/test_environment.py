"""Exogate's own environment: named by what is in it, made once, and nothing of the repository takes part."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "deploy" / "action" / "environment.py"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    specification = importlib.util.spec_from_file_location("environment_of_the_action", SCRIPT)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_name_hangs_on_every_file_that_is_installed(script: ModuleType, tmp_path: Path, monkeypatch) -> None:
    copy = tmp_path / "copy"
    for path in script.sources():
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    monkeypatch.setattr(script, "ROOT", copy)
    names = [script.directory()]
    for file in ("requirements.lock", "gates/policies/standard.yml", "app/review.py"):
        (copy / file).write_text((copy / file).read_text() + "\n")
        names.append(script.directory())
    (copy / "app/__pycache__").mkdir()
    (copy / "app/__pycache__/review.pyc").write_bytes(b"x")
    assert len(set(names)) == 4
    assert script.directory() == names[-1]
    assert script.directory().is_relative_to(tmp_path)


def test_what_is_installed_has_everything_but_what_tests_and_deploys(script: ModuleType) -> None:
    there = {path.relative_to(ROOT).as_posix() for path in script.sources()}
    assert {"app/action/run.py", "gates/policies/standard.yml", "app/provenance/signals.jsonl"} <= there
    assert not any(path.startswith(("tests/", "deploy/", ".")) for path in there)


def test_an_environment_that_is_there_is_left_alone(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    target = script.directory()
    target.mkdir(parents=True)
    (target / "ready").touch()
    assert script.main(["install"]) == 0
    assert [path.name for path in target.iterdir()] == ["ready"]
    assert "already" in capsys.readouterr().out


def test_half_an_environment_is_made_anew(script: ModuleType, monkeypatch) -> None:
    target = script.directory()
    (target / "venv").mkdir(parents=True)
    (target / "venv" / "half").touch()
    made: list[Path] = []
    monkeypatch.setattr(script, "_with_pip", lambda environment, source: not made.append(environment))
    monkeypatch.setattr(script.shutil, "which", lambda name: None)
    assert script.main(["install"]) == 0
    assert made == [target / "venv"]
    assert (target / "ready").exists()
    assert not (target / "venv" / "half").exists()
    assert not (target / "source").exists()


@pytest.mark.parametrize(
    ("uv", "asked"), [("", []), ("exit 1", ["--no-config venv"]), ("exit 0", ["--no-config venv", "--no-config pip"])]
)
def test_uv_is_taken_where_it_works_and_pip_else(
    script: ModuleType, tmp_path: Path, monkeypatch, capfd: pytest.CaptureFixture[str], uv: str, asked: list[str]
) -> None:
    program, calls = tmp_path / "bin" / "uv", tmp_path / "calls"
    program.parent.mkdir()
    if uv:
        program.write_text(f'#!/bin/sh\necho "$1 $2" >> {calls}\n{uv}\n')
        program.chmod(0o755)
    monkeypatch.setattr(script.shutil, "which", lambda name: str(program) if program.exists() else None)
    by_pip: list[Path] = []
    monkeypatch.setattr(script, "_with_pip", lambda environment, source: not by_pip.append(environment))
    assert script.main(["install"]) == 0
    assert (calls.read_text().splitlines() if calls.exists() else []) == asked
    assert bool(by_pip) == (uv != "exit 0")
    assert ("so pip does" in capfd.readouterr().out) == (uv == "exit 1")


def test_an_installation_that_fails_is_said_and_not_kept(
    script: ModuleType, monkeypatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "_with_uv", lambda environment, source: False)
    monkeypatch.setattr(script, "_with_pip", lambda environment, source: False)
    assert script.main(["install"]) == 2
    assert "::error title=exogate::Exogate could not be installed" in capfd.readouterr().out
    assert not (script.directory() / "ready").exists()


def test_a_python_is_found_without_a_change_of_path(tmp_path: Path) -> None:
    """A repository cannot bring a module that the script would import: it starts elsewhere and isolated."""
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "tomllib.py").write_text("raise SystemExit('the repository was imported')\n")
    done = subprocess.run(
        ["bash", str(SCRIPT.with_suffix(".sh")), "name"],
        cwd=tmp_path / "repository",
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "PYTHONPATH": str(tmp_path / "repository"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "directory=" in (tmp_path / "output").read_text()


def test_without_a_new_enough_python_the_remedy_is_named(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    for name in ("python3", "python"):
        (tools / name).write_text("#!/bin/bash\nexit 1\n")
        (tools / name).chmod(0o755)
    done = subprocess.run(
        ["/bin/bash", str(SCRIPT.with_suffix(".sh")), "name"],
        env={"PATH": str(tools), "RUNNER_TEMP": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "actions/setup-python" in done.stdout
