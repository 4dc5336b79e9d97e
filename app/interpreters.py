"""Which Python runs the repository's tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.git import GitError, git
from gates.change import Snapshot
from gates.interpreter import Interpreter, InterpreterError

_VENVS = (".venv", "venv")


def choose(repo: Path, snapshots: tuple[Snapshot, ...], wanted: str | None) -> tuple[Interpreter, str]:
    """Return the interpreter for a repository's tests, and where it came from in words.

    ``wanted`` (from --python or EXOGATE_PYTHON) wins and must work: raises ``InterpreterError``. Otherwise: the
    repository's own untracked virtual environment, the active one, `python3` on PATH where it has pytest, and
    last Exogate's own.
    """
    if wanted:
        found = shutil.which(wanted) or wanted
        return Interpreter.at(Path(found)), "as asked for"
    for path, origin in _candidates(repo, snapshots):
        try:
            interpreter = Interpreter.at(path)
        except InterpreterError:
            continue
        if interpreter.has_pytest:
            return interpreter, origin
    return Interpreter.own(), "Exogate's own, since no environment of the repository with pytest was found"


def _candidates(repo: Path, snapshots: tuple[Snapshot, ...]) -> Iterator[tuple[Path, str]]:
    for name in _VENVS:
        python = repo / name / "bin" / "python"
        if python.exists() and not _is_tracked(repo, name, snapshots):
            yield python, f"the repository's {name}"
    if active := os.environ.get("VIRTUAL_ENV"):
        yield Path(active) / "bin" / "python", "the active virtual environment"
    if on_path := shutil.which("python3"):
        yield Path(on_path), "python3 on PATH"


def _is_tracked(repo: Path, name: str, snapshots: tuple[Snapshot, ...]) -> bool:
    """Whether git knows any file of this environment: it could then come from the change, and would run unboxed."""
    inside = f"{name}/"
    if any(path == name or path.startswith(inside) for snapshot in snapshots for path in snapshot.entries):
        return True
    try:
        return bool(git(repo, "ls-files", "-z", "--", name))
    except GitError:
        return True
