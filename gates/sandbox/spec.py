"""What every sandbox back-end takes and gives: a command with limits in, what happened out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a command may use. Times in seconds, sizes in bytes.

    ``cpu_seconds`` and ``memory_bytes`` (address space) hold for each process (rlimits); the whole tree of
    processes is bounded by ``wall_seconds``, ``processes`` (threads count, as they do for the kernel),
    ``total_memory_bytes``, ``scratch_bytes`` and ``scratch_files`` (files and directories there and in
    ``/dev/shm``, which holds a quarter of ``scratch_bytes`` on top).
    """

    wall_seconds: float = 60.0
    cpu_seconds: int = 60
    memory_bytes: int = 4096 * MIB
    total_memory_bytes: int = 4096 * MIB
    processes: int = 256
    stdout_bytes: int = 16 * MIB
    stderr_bytes: int = 1 * MIB
    file_bytes: int = 256 * MIB
    scratch_bytes: int = 1024 * MIB
    scratch_files: int = 250_000


@dataclass(frozen=True, slots=True)
class Mount:
    """A host directory or file that the command may read; never write."""

    source: Path
    target: str


def wanted() -> str | None:
    """Give no reason to end a command early."""
    return None


@dataclass(frozen=True, slots=True)
class Command:
    """What to run.

    The command starts in an empty writable scratch directory, which is also its ``HOME`` and ``TMPDIR`` and is
    gone afterwards. It sees the system's programs (``/usr`` and what belongs to it), ``mounts`` and the
    interpreters in ``runtimes`` (directories shown at their own path), all read-only; of the environment it sees
    ``env`` and a fixed minimum. It has no network.

    The trusted channel is standard output. A script that runs untrusted code moves it away first: it duplicates
    descriptor 1, points 1 at standard error, and writes its records to the duplicate, each behind the nonce
    that came on standard input.

    ``unwanted`` is asked many times a second, so it answers at once: ``None``, or why the command is to be ended.
    """

    argv: tuple[str, ...]
    stdin: bytes = b""
    env: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    runtimes: tuple[Path, ...] = ()
    limits: Limits = Limits()
    unwanted: Callable[[], str | None] = field(default=wanted, compare=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What happened. ``exit_code`` is ``None`` when the sandbox ended the command; ``killed`` then says why."""

    exit_code: int | None
    stdout: bytes
    stderr: bytes
    seconds: float
    killed: str | None = None
    truncated: bool = False

    @property
    def ok(self) -> bool:
        """Whether the command ended by itself, with status 0 and all of its output seen."""
        return self.exit_code == 0 and self.killed is None and not self.truncated


class SandboxError(RuntimeError):
    """The sandbox itself failed (not the command in it); the message says what and what to do."""


class Sandbox(Protocol):
    """A back-end. Instances are safe to use from several threads at once."""

    @property
    def name(self) -> str:
        """``bubblewrap``, ``container`` or ``runner``."""

    def locate(self, mount: Mount) -> str:
        """Return the path at which the command will see *mount* (back-ends without mounts keep the host's)."""

    def run(self, command: Command) -> Result:
        """Run the command to its end or its limits. Raises ``SandboxError`` when it could not be started."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a back-end works on this machine, found by trying it; where not, why and the remedy."""

    name: str
    works: bool
    detail: str
    remedy: str = ""
