"""A process and all that descends from it, read from /proc: how much it is, how much it uses, its end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gates.sandbox.spec import MIB, Limits

_PROC = Path("/proc")
_PAGE = 4096 if not hasattr(os, "sysconf") else os.sysconf("SC_PAGE_SIZE")
_TICKS = 100 if not hasattr(os, "sysconf") else os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat after the command's name, counted from the state (proc_pid_stat(5), fields 3 and on).
_PARENT, _THREADS, _RESIDENT = 1, 17, 21
_CPU, _CPU_OF_THE_DEAD = slice(11, 15), slice(13, 15)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tree uses: tasks (processes and their threads) and bytes of memory now, processor seconds so far."""

    tasks: int
    memory: int
    cpu_seconds: float


def descendants(root: int) -> Iterator[int]:
    """Yield the processes below *root*, parents first. Those that end meanwhile may be missing."""
    waiting = [root]
    while waiting:
        found = _children(waiting.pop())
        yield from found
        waiting += found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            found += map(int, (task / "children").read_bytes().split())
    except (FileNotFoundError, ProcessLookupError):
        return found if _kernel_lists_children() else _children_by_scan(pid)
    return found


def _kernel_lists_children() -> bool:
    return Path("/proc/thread-self/children").exists()


def _children_by_scan(parent: int) -> list[int]:
    """Return the same where the kernel was built without CONFIG_PROC_CHILDREN."""
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]
    return [pid for pid in pids if (fields := _stat(pid)) and int(fields[_PARENT]) == parent]


def _stat(pid: int) -> list[bytes]:
    """Return the fields of a process from its state on; empty when it is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def usage(root: int, most_tasks: int, most_memory: int) -> Usage:
    """Return what the processes below *root* use; counting stops once there are more than *most_tasks*.

    Resident memory counts a page in every process that shares it. Only when that sum is over *most_memory* is
    the exact share (PSS) asked for, which is slow.
    """
    tasks = memory = 0
    ticks = sum(map(int, _stat(root)[_CPU_OF_THE_DEAD]))
    pids = []
    for pid in descendants(root):
        if fields := _stat(pid):
            pids.append(pid)
            tasks += int(fields[_THREADS])
            memory += int(fields[_RESIDENT]) * _PAGE
            ticks += sum(map(int, fields[_CPU]))
        if tasks > most_tasks:
            break
    if memory > most_memory:
        memory = sum(map(_proportional, pids))
    return Usage(tasks, memory, ticks / _TICKS)


def _proportional(pid: int) -> int:
    """Return a process's proportional share of memory in bytes, or its resident set where that may not be read."""
    try:
        for line in (_PROC / str(pid) / "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except PermissionError:
        fields = _stat(pid)
        return int(fields[_RESIDENT]) * _PAGE if fields else 0
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0


class Watch:
    """Looks at the processes below *root* and says when they are over a limit of the whole tree."""

    def __init__(self, root: int, limits: Limits, spare: int = 0) -> None:
        self.root, self._limits = root, limits
        self._most_tasks = limits.processes + spare
        self.cpu_seconds = 0.0

    def exceeded(self) -> str | None:
        """Return why the tree must end, or ``None``."""
        limits = self._limits
        used = usage(self.root, self._most_tasks, limits.total_memory_bytes)
        self.cpu_seconds = used.cpu_seconds
        if used.tasks > self._most_tasks:
            return f"it started more than {limits.processes} processes"
        if used.memory > limits.total_memory_bytes:
            return f"it used more than {limits.total_memory_bytes // MIB} MiB of memory"
        return None


def kill_descendants(root: int, patience: float) -> bool:
    """Kill all below *root* until none is left; return whether that was so within *patience* seconds.

    Stopped first, so that none forks while the others die. One whose parent died before it has another parent and
    is waited for, too, but not signalled again: its number may by then be another process's.
    """
    deadline = time.monotonic() + patience
    killed: set[int] = set()
    while time.monotonic() < deadline:
        below = [pid for pid in descendants(root) if _is_alive(pid)]
        if not below and not any(map(_is_alive, killed)):
            return True
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in below:
                _signal(pid, number)
        killed.update(below)
        time.sleep(0.001)
    return False


def _is_alive(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], [b"Z"], [b"X"])


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
