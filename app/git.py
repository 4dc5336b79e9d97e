"""git, run so that nothing a repository holds can act: no hooks, filters, fsmonitor, attributes' drivers or network."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# Command-scope configuration wins over the repository's own (git-config(1), SCOPES).
_SAFE = (
    "-c", "safe.directory=*",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.untrackedCache=false",
    "-c", "core.quotePath=false",
    "-c", "diff.external=",
    "-c", "diff.orderFile=/dev/null",
    "-c", "diff.ignoreSubmodules=none",
    "-c", "protocol.allow=never",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "log.showSignature=false",
    "-c", "log.mailmap=false",
    "-c", "i18n.logOutputEncoding=UTF-8",
)  # fmt: skip


class GitError(RuntimeError):
    """git could not do what was asked; the message is a sentence for people."""


class GitMissingError(GitError):
    """There is no git to ask."""


def git_environment() -> dict[str, str]:
    """Return the environment for git: the user's and the system's configuration play no part."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_PAGER": "cat",
    }


def git_command(repo: Path, *args: str) -> list[str]:
    """Return the argument list for git in *repo* (a work tree, a ``.git`` or a bare repository)."""
    return ["git", "-C", str(repo), "--no-pager", *_SAFE, *args]


def git(repo: Path, *args: str, stdin: bytes | None = None) -> bytes:
    """Run git and return its standard output. Raises ``GitError`` with git's own first complaint."""
    try:
        done = subprocess.run(
            git_command(repo, *args), input=stdin or b"", capture_output=True, env=git_environment(), check=False
        )
    except OSError as error:
        raise GitMissingError(
            f"git could not be started ({error.strerror}). Install git and put it on PATH."
        ) from error
    if done.returncode != 0:
        raise GitError(f"`git {args[0]}` failed: {complaint(done.stderr)}")
    return done.stdout


def complaint(stderr: bytes) -> str:
    """Return the first line that git complained with, without its `fatal:`."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    picked = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
    return picked.split(":", 1)[-1].strip() if picked.startswith(("fatal:", "error:")) else picked.strip()
