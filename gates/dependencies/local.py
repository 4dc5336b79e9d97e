"""The modules that a repository holds itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

_SOURCES = (".py", ".pyi", ".pyx", ".pxd", ".so", ".pyd")
# Modules that a build makes: versions, generated protocols, compiled extensions.
_BUILT_ENDINGS = ("_pb2", "_pb2_grpc", "_version", "__version__", "version")


@dataclass(frozen=True)
class LocalModules:
    """What a tree's paths say of its modules."""

    paths: frozenset[str]

    @classmethod
    def of(cls, paths: Iterable[str]) -> LocalModules:
        """Take the paths of a snapshot."""
        return cls(frozenset(paths))

    @cached_property
    def _directories(self) -> frozenset[str]:
        """Every directory with a Python module somewhere beneath."""
        found: set[str] = set()
        for path in self.paths:
            if path.endswith(_SOURCES):
                parent = path.rpartition("/")[0]
                while parent and parent not in found:
                    found.add(parent)
                    parent = parent.rpartition("/")[0]
        return frozenset(found)

    @cached_property
    def _modules(self) -> frozenset[str]:
        """Every module's path without its ending (`x.cpython-311-x86_64-linux-gnu.so` is `x`)."""
        return frozenset(
            f"{parent}{slash}{name.partition('.')[0]}"
            for path in self.paths
            if path.endswith(_SOURCES)
            for parent, slash, name in [path.rpartition("/")]
        )

    @cached_property
    def tops(self) -> frozenset[str]:
        """The name of every module and package, wherever it lies.

        Paths are added to ``sys.path`` in many ways; a name that the repository has anywhere is not foreign.
        """
        return frozenset(p.rpartition("/")[2] for p in (*self._modules, *self._directories))

    def has(self, stem: str) -> bool:
        """Whether ``a/b`` is a module or a package."""
        return stem in self._modules or stem in self._directories

    def missing_relative(self, importer: str, module: str, level: int) -> str | None:
        """Return the path at which a relative import looks and finds nothing, ``None`` where it finds something.

        ``from . import name`` is left alone: a name may be an attribute.
        """
        directory = importer.rpartition("/")[0]
        for _ in range(level - 1):
            if not directory:
                return None
            directory = directory.rpartition("/")[0]
        stem = "/".join(filter(None, (directory, *module.split("."))))
        return None if not module or self.has(stem) or may_be_built(module) else stem

    def missing_absolute(self, module: str) -> str | None:
        """Return the part of ``package.sub.module`` that a package of the repository lacks, else ``None``.

        Only where the package itself is at the root or in ``src``, so that there is no doubt which one is meant;
        where it is at both, each may be the one.
        """
        parts = module.split(".")
        roots = [r for r in ("", "src/") if f"{r}{parts[0]}/__init__.py" in self.paths]
        if may_be_built(module):
            return None
        for count in range(2, len(parts) + 1):
            if roots and not any(self.has(root + "/".join(parts[:count])) for root in roots):
                return ".".join(parts[:count])
        return None


def may_be_built(module: str) -> bool:
    """Whether a module may well come from a build: a part of its name is private, a version's or a generator's."""
    return any(part.startswith("_") or part.endswith(_BUILT_ENDINGS) for part in module.split(".")[1:] or [module])
