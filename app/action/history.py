"""Fetches what a shallow checkout lacks: both sides, and the history down to where they parted.

git gets the token through its environment (``GIT_CONFIG_*``): it stands in no URL, argument list, file or message.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from app.git import GitError, complaint, git, git_command, git_environment
from app.local import SourceError

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# How far to look for the commit where the sides parted before everything is fetched.
_DEPTHS = (50, 500)
_SCHEMES = ("https", "http", "file")
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "GIT_SSL_CAINFO")
_SECONDS = 600


@dataclass(frozen=True)
class Remote:
    """Where a job's repository lies on the server. Without a token, what actions/checkout left behind is used."""

    server_url: str
    repository: str
    token: str | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The address to fetch from; it holds no credentials."""
        return f"{self.server_url.rstrip('/')}/{self.repository}"

    @property
    def scheme(self) -> str:
        """The transport that fetching may use; all others are off."""
        return urlsplit(self.server_url).scheme

    def environment(self) -> dict[str, str]:
        """Return the environment for git, with the token as a header for this server alone."""
        own = {name: os.environ[name] for name in _PROXIES if name in os.environ}
        if not self.token or self.scheme not in ("https", "http"):
            return {**git_environment(), **own}
        key = f"http.{self.server_url.rstrip('/')}/.extraheader"
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        # The empty value takes away the header that actions/checkout left: GitHub refuses two.
        header = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": ""}
        header |= {"GIT_CONFIG_KEY_1": key, "GIT_CONFIG_VALUE_1": f"AUTHORIZATION: basic {basic}"}
        return {**git_environment(), **own, **header}


def bring(repo: Path, remote: Remote, base: str, head: str, commits: int | None = None) -> tuple[str, str]:
    """Return the commit ids of both sides, with the history between them in the repository.

    Nothing is fetched where all is there. No branch, tag or file of the repository is changed. Raises
    ``SourceError``, which says which ``fetch-depth`` does without fetching.
    """
    # Counted from what is there: a smaller depth would cut off history that the checkout has.
    first = (commits + 1,) if commits else ()
    steps: list[int | None] = [*(_count(repo) + depth for depth in (*first, *_DEPTHS)), None]
    found = (_known(repo, remote, base), _known(repo, remote, head))
    for depth in steps:
        if reaches(repo, *found):
            return found
        try:
            _fetch(repo, remote, found, depth)
        except GitError as error:
            raise SourceError(_too_shallow(repo, base, head, str(error))) from error
    if reaches(repo, *found) or not is_shallow(repo):
        return found  # without common history the review itself says so
    raise SourceError(_too_shallow(repo, base, head, "the server gave no more history"))


def parents(repo: Path, commit: str) -> tuple[str, ...]:
    """Return a commit's parents as it names them itself, also where a shallow clone has cut them off."""
    try:
        raw = git(repo, "cat-file", "commit", commit)
    except GitError:
        return ()
    header = raw.partition(b"\n\n")[0].decode("utf-8", "replace").split("\n")
    return tuple(line.split(" ")[1] for line in header if line.startswith("parent "))


def reaches(repo: Path, base: str, head: str) -> bool:
    """Whether the repository has both commits and all history between them.

    On a shallow clone a common commit alone is not enough: one that was cut off could be nearer. So no commit of
    one side alone may be one where the clone ends.
    """
    if not (has_commit(repo, base) and has_commit(repo, head)):
        return False
    if not is_shallow(repo):
        return True
    try:
        git(repo, "merge-base", base, head)
        apart = set(git(repo, "rev-list", f"{base}...{head}").decode().split())
    except GitError:
        return False
    return not apart & _ends(repo)


def has_commit(repo: Path, commit: str) -> bool:
    """Whether the repository has a commit and not only its name."""
    try:
        git(repo, "cat-file", "-e", f"{commit}^{{commit}}")
    except GitError:
        return False
    return True


def is_shallow(repo: Path) -> bool:
    """Whether the repository's history was cut off."""
    return git(repo, "rev-parse", "--is-shallow-repository").strip() == b"true"


def _count(repo: Path) -> int:
    try:
        return int(git(repo, "rev-list", "--count", "--all", "HEAD"))
    except GitError:
        return 0


def _ends(repo: Path) -> set[str]:
    """Return the commits whose parents were cut off."""
    path = Path(os.fsdecode(git(repo, "rev-parse", "--git-path", "shallow").strip(b"\n")))
    try:
        return set((repo / path).read_text("ascii").split())
    except OSError:
        return set()


def _known(repo: Path, remote: Remote, name: str) -> str:
    """Return the commit id that a name stands for: here, as the server's branch, or on the server."""
    if _SHA.fullmatch(name):
        return name
    start, _, steps = name.partition("^")
    if steps and _SHA.fullmatch(start):
        # A parent is named by its child; a shallow clone may have the child alone.
        above = parents(repo, start) or _parents_there(repo, remote, start)
        if not above:
            raise SourceError(f"The commit {start} is the first of its history: there is nothing to compare it with.")
        return above[0]
    for candidate in (f"refs/remotes/origin/{name}", name):
        if name.startswith("-") or any(char in name for char in "\0\n"):
            break
        try:
            found = git(repo, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}").decode().strip()
        except GitError:
            continue
        if _SHA.fullmatch(found):
            return found
    return _ask(repo, remote, name)


def _parents_there(repo: Path, remote: Remote, commit: str) -> tuple[str, ...]:
    try:
        _fetch(repo, remote, (commit,), _count(repo) + 1)
    except GitError as error:
        raise SourceError(_too_shallow(repo, f"{commit}^", commit, str(error))) from error
    return parents(repo, commit)


def _ask(repo: Path, remote: Remote, name: str) -> str:
    """Return the commit of a branch or tag of the server. Raises ``SourceError``."""
    try:
        listed = _remote_git(repo, remote, "ls-remote", "--", remote.url, f"refs/heads/{name}", f"refs/tags/{name}")
    except GitError as error:
        raise SourceError(f"There is no {name!r} in the checkout, and the server was not reached: {error}") from error
    rows = [line.split("\t") for line in listed.decode("utf-8", "replace").splitlines()]
    ids = {row[0] for row in rows if len(row) == 2 and row[1] in (f"refs/heads/{name}", f"refs/tags/{name}")}
    if len(ids) != 1:
        what = "names both a branch and a tag" if ids else "is no branch or tag of the repository"
        raise SourceError(f"{name!r} {what}. Give a branch or a commit id in base and head.")
    return ids.pop()


def _fetch(repo: Path, remote: Remote, commits: tuple[str, ...], depth: int | None) -> None:
    reach = []  # a whole clone that lacks a commit must not be cut off
    if is_shallow(repo):
        reach = [f"--depth={depth}"] if depth else ["--unshallow"]
    quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")
    _remote_git(repo, remote, "fetch", *quiet, *reach, "--end-of-options", remote.url, *dict.fromkeys(commits))


def _remote_git(repo: Path, remote: Remote, *args: str) -> bytes:
    """Run git with the one transport that the server needs. Raises ``GitError``."""
    if remote.scheme not in _SCHEMES:
        raise GitError(f"the server's address {remote.server_url!r} is not one to fetch from")
    allowed = ("-c", f"protocol.{remote.scheme}.allow=always", "-c", "credential.helper=")
    strict = ("-c", "http.followRedirects=false")
    command = git_command(repo, *allowed, *strict, *args)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=remote.environment(),
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"`git {args[0]}` did not end: {type(error).__name__}") from error
    if done.returncode != 0:
        raise GitError(complaint(done.stderr))
    return done.stdout


def _too_shallow(repo: Path, base: str, head: str, why: str) -> str:
    what = "is shallow and lacks" if is_shallow(repo) else "lacks"
    return (
        f"The checkout {what} history between {base} and {head}, and it could not be fetched: {why.rstrip('.')}. "
        "Give `fetch-depth: 0` to actions/checkout, or let this step's token read the repository (contents: read)."
    )
