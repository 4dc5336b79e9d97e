"""One `git fetch` from GitHub: the token handed over so that nobody else sees it, and what can go wrong told apart.

The token stands in the environment of that one process (and of the helpers it starts), as a header for that one
host. It is in no URL, argument, log or file. Redirects are not followed: they would take the header along.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.git import GitMissingError, complaint, git_command, git_environment
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

REMOTE = "origin"
# A transfer that is slower than this many bytes a second, for so many seconds, has died.
_SLOWEST = (1000, 60)
_LONGEST = 1800
# How the network is reached and whom it trusts: the operator's, as for the API.
_PASSED = (
    "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
)  # fmt: skip


class GoneRefError(GitHubError):
    """GitHub has no such commit or reference (any more)."""


class BrokenCloneError(GitHubError):
    """The clone on this machine is damaged; one made anew helps."""


class FullDiskError(LostError):
    """There is no room for the clone; that passes, so what was to be done is not lost."""


@dataclass(frozen=True)
class Remote:
    """Where to fetch from. ``url`` holds no token; ``server`` is the address that the token is for."""

    url: str
    server: str
    longest: int = _LONGEST

    def command(self, repo: Path, *arguments: str, negotiates: bool = True) -> list[str]:
        """Return the argument list of a fetch into *repo*, which tells GitHub what is there unless that is no use.

        The remote exists for this command only. So the clone's own configuration names no remote, and no other
        command can fetch a missing object, one at a time, behind our back.
        """
        options = (
            f"protocol.{urlsplit(self.url).scheme}.allow=always",
            f"remote.{REMOTE}.url={self.url}",
            f"remote.{REMOTE}.promisor=true",
            f"remote.{REMOTE}.partialclonefilter=blob:none",
            "http.followRedirects=false",
            f"http.lowSpeedLimit={_SLOWEST[0]}",
            f"http.lowSpeedTime={_SLOWEST[1]}",
            "http.userAgent=exogate",
            "credential.helper=",
            "core.askPass=",
            "fetch.fsckObjects=false",
            "fetch.recurseSubmodules=no",
            "submodule.recurse=false",
            "fetch.unpackLimit=1",
            f"fetch.negotiationAlgorithm={'default' if negotiates else 'noop'}",
        )
        started = git_command(repo)
        given = [part for option in options for part in ("-c", option)]
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--filter=blob:none")
        return [*started, *given, "fetch", *quiet, *arguments]

    def environment(self, token: str) -> dict[str, str]:
        """Return git's environment, with the token as a header for the server alone."""
        passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
        if "REQUESTS_CA_BUNDLE" in os.environ:  # what the API is trusted by
            passed.setdefault("GIT_SSL_CAINFO", os.environ["REQUESTS_CA_BUNDLE"])
        login = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        return {
            **git_environment(),
            **passed,
            "GIT_ASKPASS": "true",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self.server}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {login}",
        }


def fetch(
    repo: Path,
    remote: Remote,
    token: str,
    what: Sequence[str],
    *,
    contents: Sequence[str] = (),
    held: tuple[int, ...] = (),
) -> None:
    """Fetch the references and commits of *what*, or the *contents* of these ids all in one request.

    Raises ``GitHubError``; its message never shows the token. *held* are file descriptors that git inherits: a lock
    stays taken while git lives, also where we are killed.
    """
    asked = ("--stdin", REMOTE) if contents else (REMOTE, *what)
    stdin = "".join(f"{each}\n" for each in contents).encode()
    try:
        process = subprocess.Popen(
            remote.command(repo, *asked, negotiates=not contents),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=remote.environment(token),
            start_new_session=True,
            pass_fds=held,
        )
    except OSError as error:
        raise GitMissingError(
            f"git could not be started ({error.strerror}). Install git and put it on PATH."
        ) from error
    try:
        _, stderr = process.communicate(stdin, timeout=remote.longest)
    except subprocess.TimeoutExpired:
        raise LostError(f"Fetching {remote.url} took longer than {remote.longest:,} seconds and was ended.") from None
    finally:
        _end(process)
    if process.returncode != 0:
        raise understood(stderr, remote.url)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a fetch: git starts helpers of its own, which make up its process group."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


_LIMIT = re.compile("error: 429|rate limit|abuse detection")
# GitHub, or the way there, failed: asking again may help.
_FAILED = (
    "error: 5[0-9][0-9]|early EOF|hung up|RPC failed|timed out|imeout|resolve host|onnection|onnect to|"
    "unexpected disconnect|too slow|index-pack|curl [0-9]|is this a git repository|invalid server response|"
    "Empty reply|protocol error|bad line length|expected flush|SSL|certificate|unable to access"
)
# What git says, and what it means; the first that matches counts. git's own words are those of every release, since
# the locale is fixed.
_MEANINGS: tuple[tuple[str, type[GitHubError], str], ...] = (
    ("suspended", SuspendedError, "The App is suspended there, so it was not cloned"),
    ("No space left|Disk quota", FullDiskError, "There is no room on this machine for the clone; make some"),
    ("error: 401|Authentication failed|could not read (?:Username|Password)", ExpiredError, "The token is not valid"),
    ("error: 403", DeniedError, "The App may not read the repository's contents"),
    ("error: 30[1278]", MovedError, "The repository has another name by now"),
    ("error: 404|epository .*not found", MissingError, "The repository is not there any more"),
    ("not our ref|find remote ref|unadvertised object|no such remote ref", GoneRefError, "A commit is not there"),
    (_FAILED, LostError, "GitHub did not hand out the repository"),
)


def understood(stderr: bytes, url: str) -> GitHubError:
    """Return what git's complaint means."""
    text = stderr.decode("utf-8", "replace").replace(url, "")  # a repository's name must not decide
    said = complaint(stderr)[:300]
    if _LIMIT.search(text):  # how long to stay away git does not pass on
        return LimitedError(f"GitHub asks to wait: {url} (git: {said}).", None, None)
    for pattern, kind, meaning in _MEANINGS:
        if re.search(pattern, text):
            return kind(f"{meaning}: {url} (git: {said}).")
    return BrokenCloneError(f"The clone of {url} on this machine cannot be used (git: {said}).")
