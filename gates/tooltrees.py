"""Snapshots shown to a tool in the sandbox, and what a tool's cached answer about one depends on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gates.change import EntryKind, Snapshot
from gates.gate import Context
from gates.interpreter import Interpreter
from gates.sandbox.spec import Mount
from gates.toolrun import locate

ROOT = "/exogate/trees"
# bwrap reads the whole table of mounts again for each: many trees are shown by one directory above them.
_MOST_APART = 32


@dataclass(frozen=True)
class Shown:
    """Trees in the sandbox: the mounts, and where each snapshot is, by its id."""

    mounts: tuple[Mount, ...]
    paths: dict[str, str]


def show(context: Context, snapshots: Iterable[Snapshot], *, alone: bool = False) -> Shown:
    """Write *snapshots* to disk and return how a script sees them.

    With ``alone`` nothing but these is visible: what is to be cached must not have seen other trees.
    """
    trees = {s.id: context.workspace.tree(s) for s in {s.id: s for s in snapshots}.values()}
    if alone or len(trees) <= _MOST_APART:
        apart = {id_: Mount(tree, f"{ROOT}/{number}") for number, (id_, tree) in enumerate(trees.items())}
        return Shown(tuple(apart.values()), {id_: locate(context, mount) for id_, mount in apart.items()})
    above = Mount(Path(os.path.commonpath(list(trees.values()))), ROOT)
    seen = locate(context, above)
    return Shown((above,), {id_: f"{seen}/{tree.relative_to(above.source)}" for id_, tree in trees.items()})


def python_digest(snapshot: Snapshot) -> str:
    """Return a hash of everything in *snapshot* that a Python tool may read while it follows imports."""
    digest = hashlib.sha256()
    for path, entry in sorted(snapshot.entries.items()):
        if path.endswith((".py", ".pyi", ".pth", ".so", "py.typed")) or entry.kind is EntryKind.SYMLINK:
            digest.update(f"{path}\0{entry.kind.value}\0{entry.blob}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def environment(context: Context, tools: Iterable[str]) -> list[Any]:
    """Return, as JSON, what a tool's answer depends on beside the code: versions of it and of what is installed."""
    interpreters = [context.own, context.interpreter]
    return [
        [version(tool) for tool in tools],
        [[str(i.executable), list(i.version), _distributions(i)] for i in interpreters],
    ]


def _distributions(interpreter: Interpreter) -> list[str]:
    names: set[str] = set()
    for directory in interpreter.site_packages:
        try:
            names.update(n for n in os.listdir(directory) if n.endswith((".dist-info", ".egg-info", ".pth")))  # noqa: PTH208  # names alone are wanted
        except OSError:
            continue
    return sorted(names)
