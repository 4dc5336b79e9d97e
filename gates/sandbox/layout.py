"""What of the host's file system a command sees, as arguments of bwrap: system paths, runtimes, mounts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from gates.sandbox.spec import Command, Limits, Mount, SandboxError

SCRATCH = "/scratch"
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the sandbox's own
# The file systems that a command may write to; nothing else is writable.
WRITABLE = (SCRATCH, _SHARED_MEMORY)
# What a dynamic program needs of the system, and nothing that holds a secret or tells one machine from another.
_SYSTEM = (
    "/usr",
    "/nix/store",
    "/gnu/store",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/crypto-policies",
)
_MERGED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# A made-up user list, host list and look-up order in place of the host's.
_OWN = Path(__file__).parent / "etc"
_INVENTED = ("passwd", "group", "hosts", "nsswitch")
# Parts of /proc that tell of the host rather than of the sandbox, and of which the kernel's own checks let through
# some or all. Each costs 0.2 ms a run, so what is harmless to read is not here.
_HIDDEN_FILES = (
    "cmdline", "kcore", "keys", "latency_stats", "sched_debug", "slabinfo", "timer_list", "vmallocinfo",
)  # fmt: skip
_HIDDEN_DIRECTORIES = ("acpi", "asound", "fs", "scsi")
# The first process is bwrap's own. It holds the command's standard output open, which is the trusted channel: who opens
# /proc/1/fd/1 for reading takes records, and the nonce with them, out of it before Exogate does.
_FIRST_PROCESS = "1"
# Directories that hold more than a runtime: showing one of them would show secrets or other people's files.
_TOO_BROAD = frozenset(
    map(Path, ("/", "/boot", "/etc", "/home", "/mnt", "/opt", "/root", "/run", "/srv", "/tmp", "/var", "/var/tmp"))  # noqa: S108
)
_KERNEL = ("/proc", "/dev", "/sys")


def arguments(command: Command) -> list[str]:
    """Return bwrap's arguments that lay out the file system. Raises ``SandboxError`` for what must not be shown."""
    return [
        *_kernel_file_systems(command.limits),
        *_writable(command.limits),
        *_system(),
        *(word for source, target in shown(command) for word in ("--ro-bind", source, target)),
        "--remount-ro", "/proc",
        "--remount-ro", "/dev",
        "--remount-ro", "/",
    ]  # fmt: skip


def _kernel_file_systems(limits: Limits) -> list[str]:
    """A /proc of its own processes, and a /dev of harmless devices. Both are made read-only at the end.

    Read-only matters: when the host's user is root, root's files below /proc/sys would be writable from inside.
    """
    args = ["--proc", "/proc", "--dev", "/dev"]
    for name in _HIDDEN_FILES:
        if Path("/proc", name).exists():
            args += ["--ro-bind", os.devnull, f"/proc/{name}"]
    for name in (*_HIDDEN_DIRECTORIES, _FIRST_PROCESS):
        if Path("/proc", name).is_dir():
            args += ["--size", "4096", "--tmpfs", f"/proc/{name}", "--remount-ro", f"/proc/{name}"]
    return [*args, "--size", str(shared_memory(limits)), "--tmpfs", _SHARED_MEMORY]


def shared_memory(limits: Limits) -> int:
    """Return how many bytes /dev/shm may hold: a quarter of the scratch directory's."""
    return max(limits.scratch_bytes // 4, 4096)


def _writable(limits: Limits) -> list[str]:
    """One tmpfs with a size; the usual temporary directories lead to it."""
    return [
        "--size", str(limits.scratch_bytes), "--tmpfs", SCRATCH,
        "--symlink", "scratch", "/tmp",  # noqa: S108
        "--symlink", "../scratch", "/var/tmp",  # noqa: S108
    ]  # fmt: skip


def _system() -> list[str]:
    args: list[str] = []
    for path in _SYSTEM:
        if Path(path).exists():
            args += ["--ro-bind", path, path]
    for link in _MERGED:
        if Path(link).is_symlink():
            args += ["--symlink", str(Path(link).readlink()), link]
        elif Path(link).is_dir():
            args += ["--ro-bind", link, link]
    for name in _INVENTED:
        suffix = ".conf" if name == "nsswitch" else ""
        args += ["--ro-bind", str(_OWN / f"{name}.txt"), f"/etc/{name}{suffix}"]
    return args


def shown(command: Command) -> list[tuple[str, str]]:
    """Return (source, target) of the runtimes and mounts, outer ones first, so that one may lie within another.

    Raises ``SandboxError`` for what must not be shown.
    """
    pairs = [*_runtimes(command.runtimes), *(_checked(mount) for mount in command.mounts)]
    return sorted(pairs, key=lambda pair: pair[1].count("/"))


def _runtimes(runtimes: Iterable[Path]) -> list[tuple[str, str]]:
    """Return each runtime at its own path, and at its real one where a symlink leads there."""
    both = dict.fromkeys(path for runtime in runtimes for path in (runtime, runtime.resolve()))
    paths = [runtime_path(path) for path in both if not path.is_relative_to("/usr")]
    kept: list[Path] = []
    for path in sorted(paths, key=lambda path: len(path.parts)):
        if not any(path.is_relative_to(outer) for outer in kept):
            kept.append(path)
    return [(str(path), str(path)) for path in kept]


def runtime_path(path: Path) -> Path:
    """Return *path* if it may be shown as a runtime. Raises ``SandboxError`` where it would show too much."""
    if not path.is_absolute() or ".." in path.parts:
        raise SandboxError(f"The runtime {path} is no absolute path. Name the interpreter by its full path.")
    if path in _TOO_BROAD or path == Path.home():
        raise SandboxError(
            f"The runtime directory {path} is too broad: the sandbox would show everything in it to untrusted code. "
            "Install the interpreter in a directory of its own, or make a virtual environment."
        )
    if any(path.is_relative_to(kernel) for kernel in _KERNEL):
        raise SandboxError(f"The runtime {path} lies in a kernel file system. Install the interpreter elsewhere.")
    if not path.is_dir():
        raise SandboxError(f"The runtime {path} is not a directory. Was the interpreter removed?")
    return path


def _checked(mount: Mount) -> tuple[str, str]:
    target = Path(mount.target)
    if not target.is_absolute() or ".." in target.parts or str(target) != mount.target or mount.target == "/":
        raise SandboxError(f"The mount target {mount.target!r} is not a plain absolute path below the root.")
    if any(target.is_relative_to(kernel) for kernel in _KERNEL):
        raise SandboxError(f"The mount target {mount.target} lies in a kernel file system; choose another.")
    if mount.source.is_symlink():
        raise SandboxError(
            f"{mount.source} is a symlink; a sandbox shows only what it was told to, so name its target."
        )
    if not mount.source.exists():
        raise SandboxError(f"{mount.source} is to be shown in the sandbox but does not exist.")
    return str(mount.source), mount.target
