"""The limits that the kernel holds each process to; the one place that imports what only POSIX has."""

from __future__ import annotations

import os
import platform
import re
from contextlib import suppress
from pathlib import Path

from gates.sandbox.spec import Limits

try:
    import resource
except ImportError:
    resource = None  # type: ignore[assignment]

_OPEN_FILES = 1024
# bwrap's own first process and its child count, too.
_SPARE_PROCESSES = 2
# Kernels since this one count a user's processes within the user namespace; older ones would count all on the host.
_COUNTS_BY_NAMESPACE = (5, 14)


def table(limits: Limits, *, fresh_namespace: bool) -> list[tuple[int, int, int]]:
    """Return (resource, soft, hard) rows.

    Processor time ends with SIGXCPU and, where that is ignored, with SIGKILL one second later. A core limit of 1
    byte rather than 0 also keeps a crash from the host's core handler: a core pattern that is a pipe disregards
    every limit but 1 (``do_coredump`` in the kernel's fs/coredump.c).
    """
    rows = [
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes),
        (resource.RLIMIT_CORE, 1, 1),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
    ]
    if fresh_namespace and counts_processes():
        most = limits.processes + _SPARE_PROCESSES
        rows.append((resource.RLIMIT_NPROC, most, most))
    return rows


def counts_processes() -> bool:
    """Whether RLIMIT_NPROC means the processes of the sandbox alone, and binds (it never does for the host's root)."""
    release = re.match(r"(\d+)\.(\d+)", platform.release())
    return os.geteuid() != 0 and release is not None and tuple(map(int, release.groups())) >= _COUNTS_BY_NAMESPACE


def lower(pid: int, limits: Limits, *, fresh_namespace: bool) -> None:
    """Lower the limits of the process *pid* (0: this one), never above what it has. Raises ``OSError``."""
    for what, soft, hard in table(limits, fresh_namespace=fresh_namespace):
        ceiling = resource.prlimit(pid, what)[1]
        resource.prlimit(pid, what, (_least(soft, ceiling), _least(hard, ceiling)))


def first_to_go(pid: int) -> None:
    """Have the kernel end *pid* and its descendants before anything else when the machine's memory runs out."""
    with suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000", encoding="ascii")


def _least(wanted: int, ceiling: int) -> int:
    return wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
