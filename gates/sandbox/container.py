"""A back-end on docker or podman, for machines where bubblewrap cannot work.

The command runs in an image (``EXOGATE_SANDBOX_IMAGE``, by default ``python:3.12-slim``), which must be there already:
nothing is pulled. Runtimes are shown read-only at their own path, which works where the image's C library is at
least as new as the one they were built with; an interpreter below ``/usr`` is the image's own, not the host's. Files
in mounts and runtimes must be readable for everyone, since the command is user 65534.

Against bubblewrap, these differ: the address space of one process is not limited (the memory of all together is); a
command that the kernel ends for want of memory shows as exit code 137; the engine's own filter of system calls holds;
if Exogate itself is killed, the container goes on to its own end, since it is the engine's process; and the engine's
first process holds the command's output open, so that judged code can read what goes to the trusted channel.

Not verified: a run in a real engine. Exogate's tests check the argument list as data (docker's client takes it) and
the run with a stand-in for the engine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from gates.sandbox import layout
from gates.sandbox.environment import environment
from gates.sandbox.layout import SCRATCH
from gates.sandbox.remedies import NotStartedError
from gates.sandbox.spec import Command, Limits, Mount, Result, SandboxError
from gates.sandbox.supervise import Launch, supervise

_ENGINES = ("docker", "podman")
_DEFAULT_IMAGE = "python:3.12-slim"
# What docker's and podman's clients need to find their engine. The command sees none of it.
_CLIENT_VARIABLES = (
    "PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH",
    "CONTAINER_HOST", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
)  # fmt: skip
# How long the engine may take to end and remove a container.
_REMOVAL_SECONDS = 30
# "docker run" ends with this status when the engine, not the command, failed.
_ENGINE_FAILED = 125


def image() -> str:
    """Return the image's name."""
    return os.environ.get("EXOGATE_SANDBOX_IMAGE") or _DEFAULT_IMAGE


@dataclass(frozen=True)
class Container:
    """Runs each command in a container of its own, without network and with a read-only root."""

    engine: str | None = None
    name: str = "container"

    def locate(self, mount: Mount) -> str:
        """Return the mount's target: the command sees it there."""
        return mount.target

    def run(self, command: Command) -> Result:
        """Run the command; see ``Sandbox.run``."""
        engine = self.find()
        label = f"exogate-{uuid.uuid4().hex}"
        client = {name: os.environ[name] for name in _CLIENT_VARIABLES if name in os.environ}
        launch = Launch(
            [engine, *arguments(command, label, image())],
            client,
            attach=lambda process: _Remote(engine, label, client, process),
        )
        result = supervise(launch, command.stdin, command.limits, command.unwanted)
        if result.exit_code == _ENGINE_FAILED:
            said = complaint(result.stderr.decode("utf-8", "replace"))
            raise NotStartedError(
                f"{Path(engine).name} could not start a container (it said: {said})",
                f"Start the engine, and fetch the image once: {Path(engine).name} pull {image()}",
            )
        return result

    def find(self) -> str:
        """Return the engine's program. Raises ``SandboxError`` when there is none."""
        for name in [self.engine] if self.engine else _ENGINES:
            if program := shutil.which(name):
                return program
        raise NotStartedError("neither docker nor podman is installed", "Install one of them")


def complaint(stderr: str) -> str:
    """Return what an engine complained of, on one line and without its advice to read its help."""
    lines = [line for line in stderr.splitlines() if "--help" not in line]
    return " ".join(" ".join(lines).split())[:300] or "nothing"


def arguments(command: Command, label: str, picture: str) -> list[str]:
    """Return the arguments of ``docker run`` (the same for podman)."""
    limits = command.limits
    args = [
        "run", "--rm", "--interactive", "--init", "--pull", "never", "--name", label, "--log-driver", "none",
        "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--user", "65534:65534", "--hostname", "exogate", "--ipc", "private",
        *_limited(limits),
        "--tmpfs", _tmpfs(SCRATCH, limits.scratch_bytes),
        "--tmpfs", _tmpfs("/tmp", limits.scratch_bytes // 4),  # noqa: S108 - the container's own
        "--workdir", SCRATCH,
    ]  # fmt: skip
    for source, target in layout.shown(command):
        args += ["--mount", _bind(source, target)]
    for key, value in environment(command, SCRATCH).items():
        args += ["--env", f"{key}={value}"]
    # The image's own entry point would come between.
    return [*args, "--entrypoint", command.argv[0], picture, *command.argv[1:]]


def _limited(limits: Limits) -> list[str]:
    total = str(limits.total_memory_bytes)
    return [
        "--memory", total, "--memory-swap", total, "--pids-limit", str(limits.processes),
        "--shm-size", str(layout.shared_memory(limits)),
        "--ulimit", f"cpu={limits.cpu_seconds}:{limits.cpu_seconds + 1}",
        "--ulimit", f"fsize={limits.file_bytes}:{limits.file_bytes}",
        "--ulimit", "core=1:1",
        "--ulimit", "nofile=1024:1024",
    ]  # fmt: skip


def _tmpfs(path: str, size: int) -> str:
    return f"{path}:rw,exec,nosuid,nodev,size={size},mode=1777"


def _bind(source: str, target: str) -> str:
    if any(character in source + target for character in ',"\n'):
        raise SandboxError(f"A container cannot show {source!r}: the path holds a comma, a quote or a line break.")
    return f"type=bind,source={source},target={target},readonly"


class _Remote:
    """A container: its processes are the engine's, not ours, so it is ended by its name."""

    cpu_seconds = 0.0

    def __init__(self, engine: str, label: str, env: dict[str, str], process: subprocess.Popen[bytes]) -> None:
        self._removal = [engine, "rm", "--force", label]
        self._env, self._process = env, process

    def exceeded(self) -> str | None:
        """Return ``None``: the engine itself holds the container to its limits."""

    def end(self) -> None:
        """Have the engine remove the container. Raises ``SandboxError`` where it may still be running."""
        if self._process.poll() is not None:
            return
        try:
            subprocess.run(
                self._removal,
                env=self._env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_REMOVAL_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SandboxError(
                f"The container did not end, and its engine did not answer. Look for it: {' '.join(self._removal)}"
            ) from error
        finally:
            self._process.kill()
