"""The Python versions that a change must compile for, each with the interpreter that stands in for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gates.interpreter import Interpreter, InterpreterError
from gates.pyversions import Declared


class Fidelity(StrEnum):
    """How well an interpreter stands in for the version asked for."""

    REAL = "real"
    NEWER = "newer"
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class Target:
    """A minor version of Python 3, and the interpreter that judges for it."""

    minor: int
    interpreter: Interpreter

    @property
    def fidelity(self) -> Fidelity:
        """Whether the interpreter is that version, a newer or an older one."""
        here = self.interpreter.version[1]
        if here == self.minor:
            return Fidelity.REAL
        return Fidelity.NEWER if here > self.minor else Fidelity.OLDER

    @property
    def mode(self) -> str:
        """The mode of ``inside/compile_files.py`` that fits."""
        return "grammar" if self.fidelity is Fidelity.NEWER else "compile"

    @property
    def feature_minor(self) -> int | None:
        """The older grammar to ask the interpreter for, ``None`` for its own (before 3.8 it knows no other)."""
        newer = self.fidelity is Fidelity.NEWER and self.interpreter.version >= (3, 8, 0)
        return self.minor if newer else None


def targets(declared: Declared, known: Sequence[Interpreter]) -> tuple[Target, ...]:
    """Return the lowest declared version, and the highest declared one that an interpreter is here for.

    What compiles for both ends of a range compiles between them: a grammar rarely loses what it has. *known* are
    the interpreters that are wanted first; without any declaration the first of them is the only target. An empty
    result means that no declared version is known here.
    """
    if declared.source is None:
        return (Target(known[0].version[1], known[0]),)
    if not declared.minors:
        return ()
    lowest = _stand_in(declared.minors[0], known)
    highest = next((t for t in (_real(m, known) for m in reversed(declared.minors)) if t), None)
    ends = [t for t in (lowest, highest) if t is not None]
    return tuple(dict.fromkeys(ends))


def _stand_in(minor: int, known: Sequence[Interpreter]) -> Target:
    """Return the version itself, else the nearest newer one here, else the newest of those that are known."""
    real = _real(minor, known)
    if real:
        return real
    newer = min((i for i in known if i.version[1] > minor), key=lambda i: i.version, default=None)
    return Target(minor, newer or max(known, key=lambda i: i.version))


def _real(minor: int, known: Sequence[Interpreter]) -> Target | None:
    for interpreter in known:
        if interpreter.version[:2] == (3, minor):
            return Target(minor, interpreter)
    for executable in _installed(minor):
        try:
            found = Interpreter.at(executable)
        except InterpreterError:
            continue
        if found.version[:2] == (3, minor):
            return Target(minor, found)
    return None


def _installed(minor: int) -> Iterator[Path]:
    """Yield where Python 3.*minor* may be: on PATH, and where pyenv keeps what its shims on PATH stand for."""
    name = f"python3.{minor}"
    path = os.pathsep.join(p for p in os.environ.get("PATH", "").split(os.pathsep) if Path(p).name != "shims")
    if found := shutil.which(name, path=path):
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted((p for p in pyenv.glob(f"versions/3.{minor}.*/bin/{name}") if p.is_file()), reverse=True)
