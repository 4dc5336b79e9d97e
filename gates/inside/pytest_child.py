"""What the untrusted child does: copy the tree, make it importable, run pytest on it."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

# pytest's own modules that a run may import late; loaded before judged code can put others in their place.
_EARLY = ("_pytest.python_api", "_pytest.raises", "_pytest.recwarn", "_pytest.assertion.rewrite", "unittest.mock")


def copy_tree(source: str) -> Path:
    """Copy *source* into the directory where this process is, writable, and return where it is.

    Compiled modules are left behind: Python takes some of them (PEP 552, unchecked) for the source beside them.
    """
    target = Path.cwd() / "tree"
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    target.chmod(0o700)
    return target


def enter(copy: Path) -> None:
    """Go into the tree, and make it importable in processes started from here.

    In this process it becomes importable by ``open_tree``, once pytest has loaded what is installed: nothing in the
    tree can take a plug-in's place, add one of its own, or be run as a ``sitecustomize.py``.
    """
    os.environ["PYTHONPATH"] = os.pathsep.join(_roots(copy))
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.chdir(copy)
    sys.argv[:] = ["pytest"]


def open_tree() -> None:
    """Make the tree where this process is importable."""
    sys.path[:0] = _roots(Path.cwd())


def _roots(copy: Path) -> list[str]:
    return [str(p) for p in (copy / "src", copy) if p.is_dir()]


def run(copy: Path, job: dict[str, Any], say: Callable[[Any], None]) -> int:
    """Run pytest in *copy* and tell everything to *say*; return pytest's exit status."""
    pytest, recorder = load("pytest_recorder")
    plugin = recorder.Recorder(say, copy, job)
    code = int(pytest.main(arguments(copy, job), plugins=[plugin]))
    say({"k": "tampered", "names": plugin.tampered()})
    say({"k": "done", "exit": code})
    return code


def load(sibling: str) -> tuple[Any, Any]:
    """Import pytest and a script beside this one, and return both."""
    import pytest

    for name in _EARLY:
        with suppress(ImportError):  # an older or newer pytest lacks some
            importlib.import_module(name)
    sys.path.insert(0, str(Path(__file__).parent))
    module = importlib.import_module(sibling)
    del sys.path[0]
    forget()
    return pytest, module


def forget() -> None:
    """Take these scripts out of the table of modules: the tree may have modules of the same names."""
    here = str(Path(__file__).parent)
    for name, module in list(sys.modules.items()):
        if name != "__main__" and (getattr(module, "__file__", None) or "").startswith(here + os.sep):
            del sys.modules[name]


def arguments(copy: Path, job: dict[str, Any]) -> list[str]:
    """Return pytest's command line: the base's options, and what keeps the head's settings out."""
    config = copy.parent / "exogate-pytest.ini" if job["config"] is None else copy / job["config"]
    if job["config"] is None:
        # Without a file of the base's, pytest would go and look for one.
        config.write_text("[pytest]\n", "ascii")
    return [
        "-c", str(config), "--rootdir", str(copy), "--confcutdir", str(copy), "-p", "no:cacheprovider",
        "-o", "addopts=", "--continue-on-collection-errors", "--tb=short", "--color=no", "-q", "--no-header",
        *job["args"], *job["files"],
    ]  # fmt: skip


def imported(copy: Path) -> list[str]:
    """Return the modules loaded now that do not come from the tree, in the order of their loading."""
    root = os.path.realpath(copy) + os.sep
    return [
        name
        for name, module in list(sys.modules.items())
        if (path := getattr(module, "__file__", None)) and not os.path.realpath(path).startswith(root)
    ]


def warm(names: Iterable[str], tree: Path) -> None:
    """Import modules of these names, so that processes forked from here need not.

    Names that the tree has as well are left to it: an installed copy must not take its place. pytest's plug-ins are
    left to pytest, which rewrites their assertions as it imports them.
    """
    own = {entry.stem for root in (tree, tree / "src") if root.is_dir() for entry in root.iterdir()}
    own.update(_plugins())
    for name in names:
        if isinstance(name, str) and name.isascii() and name.partition(".")[0] not in own:
            try:
                importlib.import_module(name)
            except BaseException:  # noqa: BLE001, S112 - what cannot be imported early is imported later, or not at all
                continue


def _plugins() -> set[str]:
    """Return the top-level packages of the installed pytest plug-ins."""
    from importlib.metadata import distributions

    points = (p for d in distributions() for p in d.entry_points if p.group == "pytest11")
    return {point.value.partition(":")[0].partition(".")[0] for point in points}
