"""A repository's objects on this machine: one bare, partial clone a repository, kept below the data directory.

A clone goes by its repository's number. So a renamed repository keeps it, and one that takes a name over begins with
none: notes of the one before would speak for its commits, too.

Notes on commits (git-ai's, for provenance) come along from the repository itself. Those of a fork are not GitHub's to
hand on: ``refs/pull`` carries a head and no notes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.git import GitError
from app.github.api import Api
from app.github.clone import Clone, SupersededError, Wanted
from app.github.errors import GitHubError, LostError, MissingError
from app.github.git_fetch import BrokenCloneError, FullDiskError, GoneRefError, Remote
from app.settings import Settings

__all__ = ["SupersededError", "Wanted", "branch_tip", "checkout", "clone_of"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.{1,2}\Z)[A-Za-z0-9._-]+")
_OBJECT_ID = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")


def checkout(settings: Settings, api: Api, wanted: Wanted) -> Path:
    """Return a bare repository in which everything is that a review of *wanted* reads.

    Several processes may ask at once: one fetches, the others wait. Raises ``SupersededError`` where the head was
    pushed over, ``MissingError`` where the repository is gone, and other ``GitHubError``.
    """
    _check(wanted)
    try:
        with _opened(settings, api, wanted.repository, wanted.repository_id) as clone:
            _bring(clone, wanted)
            return clone.place
    except GoneRefError as error:
        raise _gone(api, wanted, error) from None


def branch_tip(settings: Settings, api: Api, repository: str, branch: str, repository_id: int | None = None) -> str:
    """Fetch a branch, and return the commit at which it stands now.

    GitHub tells of a pull request where its base stood when it was last pushed to; what was merged into the base since
    then may have changed the rules. Raises ``MissingError`` where there is no such branch, and other ``GitHubError``.
    """
    try:
        with _opened(settings, api, repository, repository_id) as clone:
            return clone.branch(branch)
    except GoneRefError:
        raise MissingError(f"{repository} has no branch {branch!r} any more.") from None


@contextmanager
def _opened(settings: Settings, api: Api, repository: str, repository_id: int | None) -> Iterator[Clone]:
    """Hold a repository's clone. What git and the disk refuse comes out as ``GitHubError``."""
    place = clone_of(settings, repository, repository_id)
    remote = Remote(f"{settings.server_url}/{repository}.git", settings.server_url)
    try:
        with _locked(place) as held:
            yield Clone(place, repository, remote, api, held)
    except GitError as error:
        said = f"{repository} cannot be cloned: {error}"
        raise (FullDiskError if "No space left" in said else GitHubError)(said) from error
    except OSError as error:
        kind = FullDiskError if error.errno in (errno.ENOSPC, errno.EDQUOT) else GitHubError
        raise kind(f"The clone of {repository} cannot be written ({error.strerror}): {place}.") from error


def _gone(api: Api, wanted: Wanted, error: GoneRefError) -> GitHubError:
    """Return what it means that git finds no such commit or reference.

    A page in place of git's answer looks to git like a repository without references, so GitHub's API has the last
    word: while the head is the pull request's, nothing took its place, and a later try (with the base as it then is)
    may do. Raises ``GitHubError``.
    """
    if wanted.number is not None:
        try:
            pull = api.get(f"/repos/{wanted.repository}/pulls/{wanted.number}")
        except MissingError:
            return MissingError(f"Pull request {wanted.number} of {wanted.repository} is not there any more.")
        if (pull.get("head") or {}).get("sha") == wanted.head:
            return LostError(f"GitHub did not hand out what pull request {wanted.number} still needs: {error}")
    return SupersededError(f"A commit of {wanted.repository} was pushed over meanwhile: {error}")


def _bring(clone: Clone, wanted: Wanted) -> None:
    try:
        clone.bring(wanted)
    except BrokenCloneError:
        clone.start_anew()
        try:
            clone.bring(wanted)
        except BrokenCloneError as error:
            # A new clone is not damaged, so it is something that nobody foresaw: a later try may do.
            raise LostError(str(error)) from error


def clone_of(settings: Settings, repository: str, repository_id: int | None = None) -> Path:
    """Return where a repository's clone is kept. Raises ``GitHubError`` for what is no repository's name."""
    if not _NAME.fullmatch(repository):
        raise GitHubError(f"{repository[:200]!r} is no name of a repository (owner/name).")
    name = repository.lower() if repository_id is None else str(repository_id)
    return settings.data_dir / "clones" / f"{name}.git"


def _check(wanted: Wanted) -> None:
    for sha in (wanted.base, wanted.head):
        if not _OBJECT_ID.fullmatch(sha):
            raise GitHubError(f"{sha[:80]!r} is no commit id.")


@contextmanager
def _locked(place: Path) -> Iterator[int]:
    """Hold the clone for this process and the git that it starts; whoever dies lets go of it."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(place.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
