"""One repository's clone, while it is held: what is not there yet is fetched into it.

History and trees are fetched whole, contents only as far as a review reads them, and those in one request. Nothing is
ever checked out, so hooks, filters, LFS and submodules have nothing to act on.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.git import GitError, git
from app.github.api import Api
from app.github.errors import (
    DeniedError,
    ExpiredError,
    GitHubError,
    LimitedError,
    LostError,
    MissingError,
    MovedError,
    SuspendedError,
)
from app.github.git_fetch import REMOTE, BrokenCloneError, FullDiskError, GoneRefError, Remote, fetch
from app.github.needed import absent, contents_read
from app.provenance.read import NOTES_REFS

# Each fetch leaves a pack; git slows down with many of them.
_MOST_PACKS = 50
# As patterns: most repositories have no notes, and to ask for a reference that is not there would fail.
_NOTES = tuple(f"+{name}*:{name}*" for name in NOTES_REFS)


class SupersededError(GitHubError):
    """The commit that was to be reviewed is none of the pull request's any more: a newer push took its place."""


@dataclass(frozen=True)
class Wanted:
    """What is to be reviewed: a repository (owner/name), two commit ids, and the pull request that has the head.

    ``number`` is ``None`` for a merge group, whose head stands in the repository itself. ``repository_id`` is GitHub's
    number for the repository; without it the clone goes by its name.
    """

    repository: str
    base: str
    head: str
    number: int | None = None
    repository_id: int | None = None


class Clone:
    """A clone at *place*, while a process holds its lock by the descriptor *held*."""

    def __init__(self, place: Path, repository: str, remote: Remote, api: Api, held: int) -> None:
        self.place = place
        self.repository = repository
        self.remote = remote
        self.api = api
        self.held = held
        if not (place / "HEAD").is_file():
            self.start_anew()
        self._sweep()

    def start_anew(self) -> None:
        """Make an empty clone in place of whatever is there."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True, mode=0o700)
        git(self.place, "init", "--quiet", "--bare", "--template=", "--initial-branch=none")

    def _sweep(self) -> None:
        """Remove what a git that was killed left lying; nobody else is at work while we hold the clone."""
        left = (*self.place.glob("*.lock"), *self.place.glob("refs/**/*.lock"))
        for path in (*left, *self.place.glob("objects/pack/tmp_*"), *self.place.glob("objects/pack/.tmp-*")):
            path.unlink(missing_ok=True)

    def bring(self, wanted: Wanted) -> None:
        """Fetch what is not there yet. Raises ``GitHubError``."""
        try:
            self._commits(wanted)
            missing = absent(self.place, contents_read(self.place, wanted.base, wanted.head))
            if missing:
                self._fetch(contents=missing)
                missing = absent(self.place, missing)
        except GitError as error:
            raise BrokenCloneError(f"The clone of {wanted.repository} cannot be read: {error}") from error
        if missing:
            raise BrokenCloneError(f"GitHub left out {len(missing):,} contents of {wanted.repository}.")
        self._tidy()

    def branch(self, name: str) -> str:
        """Fetch a branch, and return the commit at which it stands. Raises ``GitHubError`` and ``GitError``."""
        kept = f"refs/exogate/branch/{name}"
        git(self.place, "check-ref-format", kept)
        self._fetch(f"+refs/heads/{name}:{kept}")
        return git(self.place, "rev-parse", "--verify", f"{kept}^{{commit}}").decode().strip()

    def _commits(self, wanted: Wanted) -> None:
        if wanted.number is None:
            self._ids(wanted.base, wanted.head)
            return
        kept = f"refs/exogate/pull/{wanted.number}"
        if not (self._has(wanted.base) and self._stands(kept, wanted.head)):
            self._of_pull(wanted, kept)

    def _of_pull(self, wanted: Wanted, kept: str) -> None:
        """Fetch both ends. A pull request's head is in its base repository, also where the fork is gone."""
        base = () if self._has(wanted.base) else (f"+{wanted.base}:refs/exogate/base",)
        head = f"+refs/pull/{wanted.number}/head:{kept}"
        self._fetch(head, *base)
        if self._stands(kept, wanted.head):
            return
        now = git(self.place, "rev-parse", "--verify", f"{kept}^{{commit}}").decode().strip()
        if not self._lags(wanted.head, now):
            raise SupersededError(
                f"Pull request {wanted.number} of {wanted.repository} was pushed over: its head is {now[:10]} now and"
                f" not {wanted.head[:10]}."
            )

    def _lags(self, head: str, now: str) -> bool:
        """Whether GitHub's reference is only late: the head is there and comes after what the reference says."""
        try:
            self._ids(head)
        except GoneRefError:
            return False
        try:
            git(self.place, "merge-base", "--is-ancestor", now, head)
        except GitError:
            return False
        return True

    def _ids(self, *commits: str) -> None:
        """Fetch commits by their ids, kept from git's tidying by a reference each."""
        lacking = [sha for sha in commits if not self._has(sha)]
        if lacking:
            self._fetch(*(f"+{sha}:refs/exogate/commit/{sha[:16]}" for sha in lacking))

    def _has(self, sha: str) -> bool:
        try:
            git(self.place, "cat-file", "-e", f"{sha}^{{commit}}")
        except GitError:
            return False
        return True

    def _stands(self, ref: str, sha: str) -> bool:
        try:
            return git(self.place, "rev-parse", "--verify", "--quiet", ref).decode().strip() == sha
        except GitError:
            return False

    def _fetch(self, *refs: str, contents: Sequence[str] = ()) -> None:
        """Fetch contents, or references together with the notes.

        Again where GitHub failed, and once more by a new token where ours has ended.
        """
        what = () if contents else (*refs, *_NOTES)
        renewed = False
        for attempt in range(self.api.patience.attempts):
            token = self.api.token
            is_last = attempt + 1 == self.api.patience.attempts
            try:
                return fetch(self.place, self.remote, token, what, contents=contents, held=(self.held,))
            except ExpiredError as error:
                if renewed or is_last or not self.api.renew(token, error):
                    raise
                renewed = True
            except (FullDiskError, MovedError, SuspendedError):
                raise
            except DeniedError as error:
                raise self._limited(error) from None
            except (LostError, GoneRefError) as error:
                # One page in place of git's answer looks like a repository without references.
                if is_last or (isinstance(error, GoneRefError) and attempt > 0):
                    raise
                self.api.patience.sleep(self.api.patience.pause * 2**attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _limited(self, error: DeniedError) -> GitHubError:
        """Return what a 403 to git is where the App may read contents: a limit, of which git does not pass on more.

        Raises ``GitHubError`` as GitHub's API explains it otherwise.
        """
        with suppress(MissingError):  # there need be no such directory: we were allowed to look
            self.api.get_any(f"/repos/{self.repository}/contents/.github")
        return LimitedError(f"GitHub refuses git for now, though the App may read the repository: {error}", None, None)

    def _tidy(self) -> None:
        packs = sum(1 for _ in self.place.glob("objects/pack/*.pack"))
        if packs > _MOST_PACKS:
            # The missing contents are promised by the remote, which the clone's configuration does not name.
            promised = ("-c", f"remote.{REMOTE}.url={self.remote.url}", "-c", f"remote.{REMOTE}.promisor=true")
            with suppress(GitError):  # many packs are slow and no more than that
                git(self.place, *promised, "repack", "-a", "-d", "-q")
