"""`exogate doctor`: what works on this machine."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from app.cli.exits import Exit
from app.cli.output import say

_TOOLS = ("pylint", "mypy", "pytest", "bandit", "detect-secrets")


@click.command("doctor")
@click.option("--python", envvar="EXOGATE_PYTHON", metavar="PATH", help="The Python that would run the tests.")
@click.option("--app", "of_app", is_flag=True, help="Also what the GitHub App needs; as where its variables are set.")
def command(python: str | None, of_app: bool) -> int:
    """Try each sandbox back-end, look for the tools, and name the remedy where something is missing.

    Exit status: 0 when every gate can run (and the App, where it is looked at), 3 when something is missing.
    """
    say(f"exogate under Python {platform.python_version()} on {platform.platform(terse=True)}")
    healthy = [_git(), _sandboxes(), _tools(), _interpreter(python), _cache()]
    say("Everything that the gates need is here." if all(healthy) else "Some gates could not judge here.")
    healthy.append(_app(of_app))
    return Exit.ACCEPTED if all(healthy) else Exit.COULD_NOT_JUDGE


def _line(ok: bool, what: str, detail: str, remedy: str = "") -> bool:
    mark = click.style("ok ", fg="green") if ok else click.style("no ", fg="red")
    say(f"  {mark} {what}: {detail}")
    if remedy and not ok:
        say(f"      remedy: {remedy}")
    return ok


def _git() -> bool:
    from app.git import GitError, git

    say("git")
    try:
        return _line(True, "git", git(Path(), "--version").decode().strip())
    except GitError as error:
        return _line(False, "git", str(error), "install git, for example: sudo apt-get install git")


def _sandboxes() -> bool:
    from gates.sandbox.choose import available

    say("sandbox back-ends (bubblewrap is used by itself; the others when asked for with --sandbox)")
    found = available()
    for backend in found:
        _line(backend.works, backend.name, backend.detail, backend.remedy)
    return any(backend.works for backend in found if backend.name != "runner")


def _tools() -> bool:
    say("tools in Exogate's own environment")
    healthy = True
    for tool in _TOOLS:
        try:
            _line(True, tool, version(tool))
        except PackageNotFoundError:
            healthy = _line(False, tool, "not installed", f"{sys.executable} -m pip install {tool}")
    return healthy


def _interpreter(wanted: str | None) -> bool:
    from app.interpreters import choose
    from gates.interpreter import InterpreterError

    say("the Python that would run this directory's tests")
    try:
        found, origin = choose(Path(), (), wanted)
    except InterpreterError as error:
        return _line(False, "python", str(error), "name a working one with --python")
    detail = f"{found.executable} ({'.'.join(map(str, found.version))}; {origin})"
    return _line(found.has_pytest, "python", detail, f"{found.executable} -m pip install pytest")


def _cache() -> bool:
    from gates.cache import default_directory

    directory = default_directory()
    say("cache of results about base snapshots")
    free = shutil.disk_usage(next(p for p in (directory, *directory.parents) if p.exists())).free
    return _line(True, "directory", f"{directory} ({free // 2**30} GiB free)")


def _app(wanted: bool) -> bool:
    from app.installation_checks import checks, is_meant

    if not (wanted or is_meant(os.environ)):
        return True
    say("the GitHub App")
    healthy = [_line(check.works, check.what, check.detail, check.remedy) for check in checks(os.environ)]
    say("The App can run." if all(healthy) else "The App lacks something.")
    return all(healthy)
