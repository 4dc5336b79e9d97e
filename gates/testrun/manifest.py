"""Files that configure the test runner beside much else: the head keeps them, and pytest reads the base's."""

from __future__ import annotations

from pathlib import PurePosixPath

from gates.change import MemorySnapshot, Snapshot
from gates.testrun.trees import Overlay

_NAMES = frozenset({"pyproject.toml", "setup.cfg", "tox.ini"})


def is_manifest(path: str) -> bool:
    """Whether a project says in this file what it is, and perhaps also how its tests run.

    Code may read it (a version, a list of plug-ins), so that a head's code belongs with a head's manifest; its
    tables for pytest are what must be the base's.
    """
    return path in _NAMES


def with_config(tree: Snapshot, config_from: Snapshot, path: str | None) -> tuple[Snapshot, str | None]:
    """Return *tree* with *config_from*'s configuration file *path* in it, and where it is there.

    Beside a manifest of its own the tree gets a hidden copy in the same directory, since pytest takes the paths in
    a configuration from where the file lies, and tells the format by the ending.
    """
    if path is None or tree.entries.get(path) == config_from.entries[path]:
        return tree, path
    hidden = f".exogate-base{PurePosixPath(path).suffix}"
    above = MemorySnapshot({hidden: config_from.read(path)})
    return Overlay(tree, above, lambda candidate: candidate == hidden), hidden
