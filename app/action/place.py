"""Which repository below the workspace is meant, and which directory of it: by name alone, following no link.

The workspace may hold the change's own files. A link among them could point the review at a place where nothing
changed, so none is followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.action.inputs import InputError


@dataclass(frozen=True, slots=True)
class Place:
    """A repository, and the directory in it (with ``/``; empty for all of it)."""

    repo: Path
    directory: str


def locate(workspace: Path, directory: str) -> Place:
    """Return the place that ``working-directory`` names. Raises ``InputError``.

    The outermost directory with a ``.git`` is the repository; what is named below it is a part of that, whether or
    not the checkout has it.
    """
    parts = _parts(directory)
    here = workspace
    for depth in range(len(parts) + 1):
        if depth:
            here = here / parts[depth - 1]
            if here.is_symlink():
                raise InputError(
                    f"The input working-directory: {'/'.join(parts[:depth])!r} is a link, and none is followed."
                )
        if (here / ".git").exists():
            return Place(here, "/".join(parts[depth:]))
    named = f" or below it, in {directory!r}" if parts else ""
    raise InputError(f"There is no git repository in the workspace{named}. Use actions/checkout in a step before this.")


def _parts(directory: str) -> tuple[str, ...]:
    path = PurePosixPath(directory.strip().replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise InputError(
            f"The input working-directory: {directory!r} must be a path inside the workspace, without `..`."
        )
    return path.parts
