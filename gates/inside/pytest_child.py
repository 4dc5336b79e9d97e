"""What the untrusted child does: copy the tree, make it importable, run pytest on it."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from typing import Any, Callable

Say = Callable[[Any], None]

HERE = os.path.dirname(os.path.abspath(__file__))
# pytest's own modules that a run may import late; loaded before judged code can put others in their place.
_EARLY = ("_pytest.python_api", "_pytest.raises", "_pytest.recwarn", "_pytest.assertion.rewrite", "unittest.mock")


def copy_tree(source: str, name: str = "tree") -> str:
    """Copy *source* into the scratch directory, writable, and return where it is."""
    target = os.path.join(os.getcwd(), name)
    shutil.copytree(source, target, symlinks=True)
    os.chmod(target, 0o755)
    return target


def enter(copy: str) -> None:
    """Make the tree importable here and in processes started from here, and go there.

    ``PYTHONPATH`` is set for child processes alone: a ``sitecustomize.py`` in the tree is never run in this one.
    """
    roots = [p for p in (os.path.join(copy, "src"), copy) if os.path.isdir(p)]
    sys.path[:0] = roots
    os.environ["PYTHONPATH"] = os.pathsep.join(roots)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.chdir(copy)


def run(copy: str, job: dict[str, Any], say: Say) -> int:
    """Run pytest in *copy* and tell everything to *say*; return pytest's exit status."""
    pytest, recorder = load(copy)
    plugin = recorder.Recorder(say, copy, job["select"])
    # In-process, pytest must not see a stream that belongs to somebody else.
    code = int(pytest.main(arguments(copy, job), plugins=[plugin]))
    say({"k": "tampered", "names": plugin.tampered()})
    say({"k": "done", "exit": code})
    return code


def load(copy: str) -> tuple[Any, Any]:
    """Import pytest and the recorder with the judged tree out of sight, and return both."""
    hidden = [p for p in sys.path if p == copy or p.startswith(copy + os.sep)]
    visible = [p for p in sys.path if p not in hidden]
    sys.path[:] = [HERE, *visible]
    import pytest

    for name in _EARLY:
        try:
            importlib.import_module(name)
        except ImportError:  # an older pytest lacks some
            continue
    recorder = importlib.import_module("pytest_recorder")
    sys.path[:] = [*hidden, *visible]
    return pytest, recorder


def arguments(copy: str, job: dict[str, Any]) -> list[str]:
    """Return pytest's command line: the base's options, and what keeps the head's settings out."""
    config = job["config"]
    if config is None:
        # Without a file of the base's, pytest would go and look for one.
        config = os.path.join(os.path.dirname(copy), "exogate-pytest.ini")
        with open(config, "w", encoding="ascii") as stream:
            stream.write("[pytest]\n")
    else:
        config = os.path.join(copy, config)
    return [
        "-c", config, "--rootdir", copy, "--confcutdir", copy, "-p", "no:cacheprovider", "-o", "addopts=",
        "--continue-on-collection-errors", "--tb=short", "--color=no", "-q",
        *job["args"], *job["files"],
    ]  # fmt: skip
