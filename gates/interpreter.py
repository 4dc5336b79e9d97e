"""A Python interpreter as the gates see it: the repository's for its tests, Exogate's own for the tools."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_PROBE = (
    "import sys,json,sysconfig,importlib.util as u;"
    "print(json.dumps([list(sys.version_info[:3]),sys.prefix,sys.base_prefix,sysconfig.get_path('purelib'),"
    "sysconfig.get_path('platlib'),u.find_spec('pytest') is not None]))"
)


class InterpreterError(ValueError):
    """A path that is no working Python interpreter; the message says so."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter: its executable, version, and the directories a sandbox must show for it to start."""

    executable: Path
    version: tuple[int, int, int]
    prefix: Path
    base_prefix: Path
    site_packages: tuple[Path, ...]
    has_pytest: bool

    @property
    def runtimes(self) -> tuple[Path, ...]:
        """The directories to show read-only at their own path."""
        real = self.executable.resolve().parent.parent
        return tuple(dict.fromkeys((self.base_prefix, self.prefix, real)))

    @classmethod
    def own(cls) -> Interpreter:
        """Return the interpreter that runs Exogate; its tools (pylint, mypy, pytest, ...) are installed there."""
        return cls.at(Path(sys.executable))

    @classmethod
    def at(cls, executable: Path) -> Interpreter:
        """Ask the interpreter at *executable* about itself. Raises ``InterpreterError``.

        A bare name is looked up on ``PATH``; a relative path is this process's, and kept as an absolute one because
        the sandbox starts elsewhere. It runs isolated (``-I``) and outside the sandbox: it is the operator's, never
        a part of a change.
        """
        found = shutil.which(executable)
        # Not resolved: a virtual environment's `python` is a link, and where it lies says which environment it is.
        return _inspect(str(Path(found or executable).absolute()))


@lru_cache(maxsize=32)
def _inspect(executable: str) -> Interpreter:
    try:
        done = subprocess.run(
            [executable, "-I", "-c", _PROBE], capture_output=True, timeout=30, check=True, stdin=subprocess.DEVNULL
        )
        version, prefix, base_prefix, pure, plat, has_pytest = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise InterpreterError(
            f"{executable} is not a working Python interpreter ({error}). Name one with --python."
        ) from error
    return Interpreter(
        executable=Path(executable),
        version=(version[0], version[1], version[2]),
        prefix=Path(prefix),
        base_prefix=Path(base_prefix),
        site_packages=tuple(dict.fromkeys((Path(pure), Path(plat)))),
        has_pytest=has_pytest,
    )
