"""What is installed here: source files of the standard library and of distributions, with their licences."""

from __future__ import annotations

import platform
import sysconfig
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name

from collapse_lab.pools.licences import Licence, licence_of
from collapse_lab.pools.rows import Origin

STANDARD = "python"
"""The standard library's name among distributions."""

# This project's own code is no one's to learn from: its benchmarks are in it.
_OWN = "exogate"
_STANDARD_LICENCE = Licence("PSF-2.0", "permissive")
# Other people's code under another licence, code that a tool wrote, and tests, which say little of what code does.
_VENDORED = frozenset(
    {"_vendor", "vendor", "vendored", "_vendored", "third_party", "thirdparty", "extern", "externals"}
)
_TESTS = frozenset({"test", "tests", "testing", "idle_test", "conftest.py"})
_METADATA = frozenset({"METADATA", "PKG-INFO"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_GENERATED = ("_pb2.py", "_pb2_grpc.py")


@dataclass(frozen=True, slots=True)
class Found:
    """A distribution that may be harvested, with the paths of its modules and of its metadata (none of the standard
    library), relative to its root."""

    name: str
    version: str
    licence: Licence
    root: Path
    modules: tuple[str, ...]
    metadata: str = ""

    def readme(self) -> tuple[str, Origin] | None:
        """Return what the metadata say of the distribution at length, and where they stand."""
        if not self.metadata:
            return None
        said = Distribution.at(self.root / PurePosixPath(self.metadata).parent).metadata
        # As a field in old metadata, behind the fields in those of today.
        longest = max(said.get_all("Description") or [""], key=len)
        return (longest, Origin(self.name, self.version, self.metadata, 1, self.licence.name)) if longest else None

    def sources(self) -> Iterator[tuple[bytes, Origin]]:
        """Yield the text of each module that is there, and where it is from."""
        for module in self.modules:
            path = self.root / module
            if path.is_file():
                yield path.read_bytes(), Origin(self.name, self.version, module, 0, self.licence.name)


@dataclass
class Installed:
    """What may be harvested, and why the rest may not: ``refused`` by the standing of the licence."""

    found: list[Found] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


def installed(only: Sequence[str] = ()) -> Installed:
    """Return the standard library and all distributions of this Python, in the order of their names.

    *only*: those with these names (``python`` is the standard library).
    """
    wanted = {canonicalize_name(name) for name in only}
    made = Installed()
    if not wanted or STANDARD in wanted:
        root = Path(sysconfig.get_paths()["stdlib"])
        modules = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
        version = platform.python_version()
        made.found.append(Found(STANDARD, version, _STANDARD_LICENCE, root, _kept(modules, made.left_out)))
    seen = {_OWN, STANDARD}
    for name, distribution in sorted(((_name(d), d) for d in distributions()), key=lambda pair: pair[0]):
        if name in seen or (wanted and name not in wanted):
            continue
        seen.add(name)
        licence = _licence(distribution)
        if licence.standing != "permissive":
            made.refused.setdefault(licence.standing, []).append(name)
            continue
        modules = sorted(file.as_posix() for file in distribution.files or () if file.suffix == ".py")
        root = Path(str(distribution.locate_file("")))
        kept = _kept(modules, made.left_out)
        made.found.append(Found(name, distribution.version, licence, root, kept, _metadata(distribution)))
    return made


def _metadata(distribution: Distribution) -> str:
    """Return the path of the file that a distribution's metadata stand in; empty where it does not list it."""
    places = [file for file in distribution.files or () if file.name in _METADATA and len(file.parts) == 2]
    return places[0].as_posix() if places else ""


def _name(distribution: Distribution) -> str:
    return canonicalize_name(distribution.metadata["Name"] or "")


def _licence(distribution: Distribution) -> Licence:
    said = distribution.metadata
    expressions, fields = (said.get_all(name) or [None] for name in ("License-Expression", "License"))
    return licence_of(expressions[0], said.get_all("Classifier") or [], fields[0])


def _kept(modules: Sequence[str], left_out: Counter[str]) -> tuple[str, ...]:
    kept = []
    for module in modules:
        parts = PurePosixPath(module).parts
        if not _INSTALLED.isdisjoint(parts) or parts[0] == "..":
            continue
        if not _VENDORED.isdisjoint(parts):
            left_out["files under another licence (vendored)"] += 1
        elif not _TESTS.isdisjoint(parts) or parts[-1].startswith("test_"):
            left_out["files of tests"] += 1
        elif parts[-1].endswith(_GENERATED):
            left_out["files that a tool wrote"] += 1
        else:
            kept.append(module)
    return tuple(kept)
