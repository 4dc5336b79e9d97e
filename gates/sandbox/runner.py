"""The weakest back-end, for machines that are thrown away after one job (GitHub-hosted runners).

The machine is the boundary. Within it the command gets a scrubbed environment, its limits, the filter of system calls,
no way to gain privileges, and, where the kernel permits, no network and no view of other processes. Files outside the
scratch directory are as writable as they are for the user; mounts are seen at their own place. So it is never chosen
but by name.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path

from gates.sandbox.environment import environment
from gates.sandbox.remedies import NotStartedError
from gates.sandbox.spec import MIB, Command, Limits, Mount, Result
from gates.sandbox.supervise import Launch, supervise
from gates.sandbox.tree import Watch, kill_descendants

# From the most to the least that a kernel may permit; the first that works is used, and none if none does.
_PREFIXES: tuple[tuple[str, ...], ...] = (
    ("unshare", "--user", "--map-current-user", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"),
    ("unshare", "--user", "--map-current-user", "--net", "--ipc"),
)
_REAP = "import sys; sys.path.insert(0, sys.argv[1]); from gates.sandbox.reap import main; sys.exit(main(sys.argv[2:]))"
_ROOT = Path(__file__).parents[2]
_PR_SET_DUMPABLE = 4
_SIZE_EVERY_SECONDS = 0.5
# The processes that Exogate itself puts between: unshare's child and the reaper.
_OWN_PROCESSES = 2


@dataclass(frozen=True)
class Runner:
    """Runs each command as an ordinary process tree on the machine itself."""

    name: str = "runner"

    def locate(self, mount: Mount) -> str:
        """Return the mount's source: nothing is mounted, so the command sees it at its own place."""
        return str(mount.source)

    def run(self, command: Command) -> Result:
        """Run the command; see ``Sandbox.run``."""
        if sys.platform != "linux":
            raise NotStartedError(f"the runner back-end needs Linux, and this is {sys.platform}", "Use a container")
        _hide_own_memory()
        # Nobody writes to the second pipe: its other end closes with Exogate, and the reaper ends the command then.
        with _scratch() as scratch, _pipe() as (said, told), _pipe() as (lifeline, _):
            argv = [*prefix(), sys.executable, "-I", "-S", "-c", _REAP, str(_ROOT), str(told), str(lifeline)]
            launch = Launch(
                [*argv, json.dumps(asdict(command.limits)), *command.argv],
                environment(command, str(scratch)),
                cwd=scratch,
                inherited=(told, lifeline),
                attach=lambda process: _Descendants(process, command.limits, scratch),
            )
            result = supervise(launch, command.stdin, command.limits, command.unwanted)
            os.set_blocking(said, False)
            if result.killed is None and not _read(said):
                words = result.stderr.decode("utf-8", "replace").strip()[-300:]
                raise NotStartedError(f"the runner back-end could not start {command.argv[0]} (it said: {words})", "")
            return result


@lru_cache(maxsize=1)
def prefix() -> tuple[str, ...]:
    """Return the most separating start that works on this machine; empty when none does."""
    for words in _PREFIXES:
        if shutil.which(words[0]):
            done = subprocess.run([*words, "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if done.returncode == 0:
                return words
    return ()


@lru_cache(maxsize=1)
def _hide_own_memory() -> None:
    """Keep processes of the same user from reading Exogate's own environment and memory below /proc."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


@contextmanager
def _scratch() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="exogate-scratch-"))
    try:
        yield directory
    finally:
        _remove(directory)


def _remove(directory: Path) -> None:
    """Remove what the command left, also where it took its own permissions away or went deeper than a path may be.

    Each directory is moved to a place of its own before it is emptied: no path grows long, and nothing recurses.
    """
    if directory.is_symlink():
        directory.unlink()
        return
    directory.chmod(0o700)
    graves = Path(tempfile.mkdtemp(prefix="exogate-scratch-"))
    waiting, number = [directory], count()
    while waiting:
        with suppress(OSError):
            emptied = waiting.pop()
            for entry in list(os.scandir(emptied)):
                if entry.is_dir(follow_symlinks=False):
                    Path(entry.path).chmod(0o700)
                    waiting.append(Path(entry.path).rename(graves / str(next(number))))
                else:
                    Path(entry.path).unlink()
            emptied.rmdir()
    with suppress(OSError):
        graves.rmdir()


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 16)
    except BlockingIOError:
        return b""


class _Descendants:
    """The processes below the reaper, and the size of what they have written."""

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits, scratch: Path) -> None:
        self._process, self._limits, self._scratch = process, limits, scratch
        self._watch = Watch(process.pid, limits, spare=_OWN_PROCESSES)
        self._next_size = time.monotonic() + _SIZE_EVERY_SECONDS

    @property
    def cpu_seconds(self) -> float:
        return self._watch.cpu_seconds

    def exceeded(self) -> str | None:
        return self._watch.exceeded() or self._too_much_written()

    def _too_much_written(self) -> str | None:
        if time.monotonic() < self._next_size:
            return None
        self._next_size = time.monotonic() + _SIZE_EVERY_SECONDS
        size = files = 0
        for written in _sizes(self._scratch):
            size, files = size + written, files + 1
            if size > self._limits.scratch_bytes:
                return f"it wrote more than {self._limits.scratch_bytes // MIB} MiB to its scratch directory"
            if files > self._limits.scratch_files:
                return f"it made more than {self._limits.scratch_files} files"
        return None

    def end(self) -> None:
        kill_descendants(self._process.pid, patience=5.0)
        if self._process.poll() is None:
            self._process.kill()


def _sizes(directory: Path) -> Iterator[int]:
    """Yield the bytes on disk of all below *directory*; without recursion, of which the command chooses the depth."""
    waiting = [os.fspath(directory)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                yield entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
