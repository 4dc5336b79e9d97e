"""The host's side of a run of tests: what to run, with what, within which limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gates.cache import key_of
from gates.change import Snapshot
from gates.gate import Context, CouldNotJudgeError
from gates.interpreter import Interpreter
from gates.sandbox.spec import Limits, Mount
from gates.testconfig import read_pytest_config
from gates.testrun.manifest import with_config
from gates.testrun.model import TestRun, assemble
from gates.testrun.options import kept, split_plugins
from gates.toolrun import ForgedRecordError, ScriptFailedError, locate, run_script

SCRIPT = "run_pytest.py"
TREE = "/exogate/tree"
# What the script needs beside the tests' own time: to copy the tree, and to say how it ended.
_GRACE_SECONDS = 5.0
_LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Selection:
    """Which tests to run: ``files`` are given to pytest, ``ids`` (functions or cases) are kept of them."""

    files: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


EVERYTHING = Selection()


def runner_interpreter(context: Context) -> tuple[Interpreter, str]:
    """Return the interpreter for the tests, and a sentence about it where it is not the repository's."""
    if context.interpreter.has_pytest:
        return context.interpreter, ""
    if not context.own.has_pytest:
        raise CouldNotJudgeError(f"There is no pytest in {context.interpreter.executable}. Install it there.")
    return context.own, f" {context.interpreter.executable} has no pytest, so Exogate's own interpreter ran the tests."


def refuse_cut_short(run: TestRun, seconds: float) -> None:
    """Raise ``CouldNotJudgeError`` for a run that timed out because the review gave it less than *seconds*."""
    if run.timed_out and run.limit < seconds:
        raise CouldNotJudgeError(
            f"The tests had only {run.limit:.0f} s of the review's time left and did not finish; raise budget.seconds."
        )


def environment_key(interpreter: Interpreter) -> str:
    """Return a name for what is installed beside an interpreter: a result of its tests depends on it."""
    names = sorted(
        path.name
        for directory in interpreter.site_packages
        if directory.is_dir()
        for path in directory.iterdir()
        if path.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth"))
    )
    return key_of(str(interpreter.executable), interpreter.version, names)


def pytest_job(
    context: Context, tree: Snapshot, config_from: Snapshot, markers: Sequence[str] = ()
) -> tuple[Mount, dict[str, Any]]:
    """Return what every script that runs pytest is told: the tree, and *config_from*'s configuration and options.

    *markers* are declared beside those of the configuration.
    """
    config = read_pytest_config(config_from)
    tree, path = with_config(tree, config_from, config.path)
    mount = Mount(context.workspace.tree(tree), TREE)
    roots = ("src", "", *config.words("pythonpath"))
    arguments, plugins = split_plugins(kept(config.words("addopts")), config_from.entries, roots)
    told = {"config": path, "args": arguments, "plugins": plugins, "markers": list(markers)}
    return mount, {"tree": locate(context, mount), **told}


def run_tests(
    context: Context,
    snapshot: Snapshot,
    config_from: Snapshot,
    seconds: float,
    selection: Selection = EVERYTHING,
    markers: Sequence[str] = (),
) -> TestRun:
    """Run a snapshot's tests in the sandbox, by *config_from*'s configuration, and return what they said.

    Judged code that misbehaves makes a run with a ``problem`` or ``distrust``, never an exception. Raises
    ``CouldNotJudgeError`` where no sandbox works or no time is left.
    """
    interpreter, _ = runner_interpreter(context)
    seconds = max(_LEAST_SECONDS, min(seconds, context.seconds_left() - _GRACE_SECONDS))
    tree, told = pytest_job(context, snapshot, config_from, markers)
    job = {
        **told,
        "seconds": seconds,
        "files": list(selection.files),
        "select": list(selection.ids),
    }
    limits = Limits(
        wall_seconds=seconds + _GRACE_SECONDS, cpu_seconds=int(seconds + _GRACE_SECONDS), stdout_bytes=64 * 1024 * 1024
    )
    try:
        return replace(assemble(run_script(context, interpreter, SCRIPT, job, (tree,), limits)), limit=seconds)
    except ForgedRecordError as error:
        return TestRun(problem=str(error), distrust=(str(error),))
    except ScriptFailedError as error:
        return assemble(error.records, str(error))
