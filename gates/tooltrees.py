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
from gates.sandbox.spec import MIB, Mount
from gates.toolrun import locate
from gates.workspace import UnsafePathError, check_path

ROOT = "/exogate/trees"
# Tools take minutes for a larger source; hand-written modules are far smaller.
MAX_SOURCE_BYTES = 2 * MIB
# bwrap reads the whole table of mounts again for each: many trees are shown by one directory above them.
_MOST_APART = 32


def unfit(snapshot: Snapshot, path: str, tool: str) -> str | None:
    """Return why a file cannot be given to *tool*, as sentences with the remedy; ``None`` where it can."""
    entry = snapshot.entries.get(path)
    if entry is None or not entry.is_file:
        return f"{path} is no file."
    if entry.size > MAX_SOURCE_BYTES:
        return f"{path} is larger than {MAX_SOURCE_BYTES // MIB} MB and was not given to {tool}: split it."
    try:
        check_path(path)
    except UnsafePathError as error:
        return f"{error} It was not written to the disk, so {tool} could not read it."
    return None


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


def versions(tools: Iterable[str]) -> list[str]:
    """Return the versions of tools that are installed beside Exogate."""
    return [version(tool) for tool in tools]


def environment(context: Context, tools: Iterable[str]) -> list[Any]:
    """Return, as JSON, what a tool's answer depends on beside the code: versions of it and of what is installed."""
    interpreters = [context.own, context.interpreter]
    return [
        versions(tools),
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
