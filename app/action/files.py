"""Writing reports where the change may have left links: none is followed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from app.action.inputs import InputError


def directory_for_reports(temp: Path) -> Path:
    """Return a new directory that only this user can read."""
    return Path(tempfile.mkdtemp(prefix="exogate-reports-", dir=temp))


def target_in(workspace: Path, name: str, what: str) -> Path:
    """Return the file that an input names, in the workspace. Raises ``InputError``.

    The workspace may hold the change's own files: with a link among them, a report would be written over a file of
    the change's choosing, the runner's own among them.
    """
    path = Path(name)
    if path.is_absolute() or ".." in path.parts or not path.name:
        raise InputError(f"The input {what}: {name!r} must be the path of a file inside the workspace, without `..`.")
    here = workspace
    for part in path.parts:
        here = here / part
        if here.is_symlink():
            raise InputError(f"The input {what}: {name!r} is or goes through a link, and none is followed.")
    if here.is_dir():
        raise InputError(f"The input {what}: {name!r} is a directory.")
    return here


def put(path: Path, text: str) -> None:
    """Write a file whole, in place of what was there. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".exogate-", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as handle:
        handle.write(text)
    Path(temporary).chmod(0o644)
    Path(temporary).replace(path)


def append(path: Path | None, text: str) -> None:
    """Append to a file of the runner's, if there is one."""
    if path is not None:
        with path.open("a", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
