"""The default back-end: bubblewrap, with its own user, mount, pid, net, ipc, uts and cgroup namespaces."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gates.sandbox.spec import Command, Limits, Mount, Result, SandboxError
from gates.sandbox.supervise import supervise

SCRATCH = "/scratch"
# What a dynamic program and a Python interpreter need of the system, and nothing that holds a secret.
_SYSTEM = ("/usr", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime")
_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")


@dataclass(frozen=True)
class Bubblewrap:
    """Runs each command in a fresh set of namespaces with a read-only root and one writable tmpfs."""

    program: str = "bwrap"
    name: str = "bubblewrap"

    def locate(self, mount: Mount) -> str:
        """Return the mount's target: the command sees it there."""
        return mount.target

    def run(self, command: Command) -> Result:
        """Run the command; see ``Sandbox.run``."""
        program = shutil.which(self.program)
        if program is None:
            raise SandboxError("bubblewrap (bwrap) is not installed. Install it: sudo apt-get install bubblewrap")
        argv = [program, *arguments(command), "--", *command.argv]
        return supervise(argv, command.stdin, command.limits, _limiter(command.limits), env={})


def arguments(command: Command) -> list[str]:
    """Return bwrap's arguments for a command (pure but for looking at which system paths exist)."""
    args = [
        "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534", "--hostname", "exogate",
        "--die-with-parent", "--new-session", "--cap-drop", "ALL",
        "--proc", "/proc", "--dev", "/dev",
        "--size", str(command.limits.scratch_bytes), "--tmpfs", SCRATCH,
    ]  # fmt: skip
    for path in _SYSTEM:
        args += ["--ro-bind-try", path, path]
    for link in _LINKS:
        if Path(link).is_symlink():
            args += ["--symlink", str(Path(link).readlink()), link]
        elif Path(link).is_dir():
            args += ["--ro-bind", link, link]
    for runtime in command.runtimes:
        if not runtime.is_relative_to("/usr"):
            args += ["--ro-bind", str(runtime), str(runtime)]
    for mount in command.mounts:
        args += ["--ro-bind", str(mount.source), mount.target]
    args += ["--symlink", "scratch", "/tmp", "--chdir", SCRATCH, "--clearenv"]
    for key, value in environment(command, SCRATCH).items():
        args += ["--setenv", key, value]
    return args


def environment(command: Command, scratch: str) -> dict[str, str]:
    """Return the whole environment a command sees."""
    return {
        "HOME": scratch,
        "TMPDIR": scratch,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **command.env,
    }


def _limiter(limits: Limits) -> Callable[[], None]:
    """Return what the child does between fork and exec: lower its own resource limits."""
    pairs = (
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 1024),
    )

    def lower() -> None:
        os.umask(0o077)
        for what, value in pairs:
            hard = resource.getrlimit(what)[1]
            capped = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(what, (capped, capped))

    return lower
