"""What is installed beside an interpreter, read from its metadata as data; nothing is imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from gates.dependencies.formats import name_of
from gates.dependencies.names import normalised
from gates.interpreter import Interpreter


@dataclass(frozen=True)
class Installed:
    """Distributions by normalised name: the modules that they provide, and the distributions that they require."""

    provides: dict[str, frozenset[str]] = field(default_factory=dict)
    requires: dict[str, frozenset[str]] = field(default_factory=dict)

    def providers(self, module: str) -> frozenset[str]:
        """Return the distributions that provide a top-level module."""
        return frozenset(name for name, modules in self.provides.items() if module in modules)

    def brought_by(self, wanted: frozenset[str], roots: frozenset[str]) -> str | None:
        """Return the one of *roots* that requires one of *wanted*, directly or not; ``None`` for none."""
        for root in sorted(roots & self.requires.keys()):
            seen, queue = {root}, [root]
            while queue:
                for name in self.requires.get(queue.pop(), frozenset()) - seen:
                    if name in wanted:
                        return root
                    seen.add(name)
                    queue.append(name)
        return None


def installed(interpreter: Interpreter) -> Installed:
    """Read the metadata of everything in an interpreter's site-packages (PEP 376, core metadata)."""
    return _read(interpreter.site_packages)


@lru_cache(maxsize=8)
def _read(site_packages: tuple[Path, ...]) -> Installed:
    found = Installed()
    for directory in site_packages:
        for info in sorted((*directory.glob("*.dist-info"), *directory.glob("*.egg-info"))):
            if info.is_dir():
                _add(found, info)
    return found


def _add(found: Installed, info: Path) -> None:
    name, required = "", set()
    for line in _lines(info / "METADATA") or _lines(info / "PKG-INFO"):
        if not line:
            break
        key, _, value = line.partition(": ")
        if key == "Name":
            name = normalised(value.strip())
        elif key == "Requires-Dist" and "extra ==" not in value and (other := name_of(value)):
            required.add(normalised(other))
    if name:
        found.provides[name] = frozenset(_lines(info / "top_level.txt")) | frozenset(_recorded(info / "RECORD"))
        found.requires[name] = frozenset(required)


def _recorded(record: Path) -> Iterator[str]:
    """Yield the top-level modules among the recorded files."""
    for row in csv.reader(io.StringIO("\n".join(_lines(record)))):
        top, slash, _ = row[0].partition("/") if row else ("", "", "")
        if slash and not top.endswith((".dist-info", ".data", ".egg-info")) and top.isidentifier():
            yield top
        elif not slash and top.endswith((".py", ".so", ".pyd")):
            yield top.partition(".")[0]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
