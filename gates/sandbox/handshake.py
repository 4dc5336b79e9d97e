"""How Exogate and bwrap meet: arguments and filter go in by descriptors, bwrap names the sandbox's first process,
Exogate lowers that process's limits, and only then bwrap starts the command.

The limits are set from outside, on the one process from which all others descend. The other ways are worse:
``preexec_fn`` runs Python after a fork, which can deadlock beside threads; a wrapper (``prlimit``, ``sh -c ulimit``)
is one more program to start in each run, and the number of processes can only be limited inside the namespace.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack

from gates.sandbox import rlimits
from gates.sandbox.layout import WRITABLE
from gates.sandbox.remedies import NotStartedError
from gates.sandbox.spec import Limits, SandboxError
from gates.sandbox.supervise import NoTree, Tree
from gates.sandbox.tree import Watch

_START_SECONDS = 20.0
_BURIAL_SECONDS = 5.0


class Handshake:
    """One start of bwrap: a context manager that owns the descriptors."""

    def __init__(self, arguments: Sequence[str], program: bytes | None, limits: Limits) -> None:
        if any("\0" in word for word in arguments):
            raise SandboxError("A path or an environment value for the sandbox holds a null byte.")
        self._arguments, self._program, self._limits = arguments, program, limits
        self._said = b""
        self._ours, self._theirs = ExitStack(), ExitStack()
        self._status = self._gate = -1
        self.inherited: list[int] = []
        self.options: list[str] = []

    def __enter__(self) -> Handshake:
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._theirs.close()
        self._ours.close()

    def _open(self) -> None:
        self._status, told = os.pipe()
        self._ours.callback(os.close, self._status)
        self._lend("--json-status-fd", told)
        waited_for, self._gate = os.pipe()
        self._ours.callback(os.close, self._gate)
        self._lend("--block-fd", waited_for)
        # bwrap holds the writing end as well: if Exogate dies now, the sandbox waits for ever instead of starting
        # the command without limits, as it would at the end of the pipe.
        self._share("--sync-fd", self._gate)
        if self._program is not None:
            self._lend("--seccomp", _file(self._program))
        self._lend("--args", _file(b"".join(os.fsencode(word) + b"\0" for word in self._arguments)))

    def _lend(self, option: str, descriptor: int) -> None:
        self._theirs.callback(os.close, descriptor)
        self._share(option, descriptor)

    def _share(self, option: str, descriptor: int) -> None:
        self.inherited.append(descriptor)
        self.options += [option, str(descriptor)]

    def attach(self, _: subprocess.Popen[bytes]) -> Tree:
        """Wait until bwrap has made the namespaces, lower the limits, let it go on. Raises ``SandboxError``."""
        self._theirs.close()
        first = self._first_process(time.monotonic() + _START_SECONDS)
        if first is None:
            return NoTree()
        try:
            namespace = _Namespace(first, self._ours, self._limits)
            self._release(first, namespace)
        except (ProcessLookupError, BrokenPipeError):
            # bwrap gave up while it laid out the file system; its error output says why.
            return NoTree()
        return namespace

    def _release(self, first: int, namespace: _Namespace) -> None:
        try:
            rlimits.lower(first, self._limits, fresh_namespace=True)
            rlimits.first_to_go(first)
            os.write(self._gate, b"\n")
        except PermissionError as error:
            namespace.end()
            raise SandboxError(f"The limits of the sandbox could not be set: {error.strerror}.") from error
        except BaseException:
            namespace.end()
            raise

    def _first_process(self, deadline: float) -> int | None:
        """Return the host's number of the sandbox's process 1; ``None`` when bwrap ended before it was there."""
        while b"\n" not in self._said:
            if not select.select([self._status], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise SandboxError(
                    f"bubblewrap made no sandbox within {_START_SECONDS:g} s; is the machine overloaded?"
                )
            more = os.read(self._status, 4096)
            if not more:
                return None
            self._said += more
        return int(json.loads(self._said.partition(b"\n")[0])["child-pid"])

    def executed(self) -> bool:
        """Whether the command itself was started; asked after the end. If not, bwrap's error output says why."""
        os.set_blocking(self._status, False)
        try:
            while more := os.read(self._status, 4096):
                self._said += more
        except BlockingIOError:
            return False
        return b'"exit-code"' in self._said


def _file(content: bytes) -> int:
    """Return a descriptor to read *content* from. In memory, since a pipe holds only 64 KiB."""
    descriptor = os.memfd_create("exogate", os.MFD_CLOEXEC)
    with open(descriptor, "wb", closefd=False) as stream:
        stream.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _watched(pid: int) -> int:
    """Return a descriptor of the process. Raises ``SandboxError`` where the kernel has none, and ends the process."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except OSError as error:
        os.kill(pid, signal.SIGKILL)
        raise NotStartedError("the kernel knows no process descriptors", "Use Linux 5.3 or newer") from error


class _Namespace:
    """All processes of one process-id namespace: they end with its first process."""

    def __init__(self, first: int, owner: ExitStack, limits: Limits) -> None:
        self._descriptor, self._limits = _watched(first), limits
        owner.callback(os.close, self._descriptor)
        self._watch = Watch(first, limits)
        self._written = [f"/proc/{first}/root{place}" for place in WRITABLE]

    @property
    def cpu_seconds(self) -> float:
        return self._watch.cpu_seconds

    def exceeded(self) -> str | None:
        return self._watch.exceeded() or self._too_many_files()

    def _too_many_files(self) -> str | None:
        """A file of no size costs the kernel memory, too, and a tmpfs's size does not bound it."""
        try:
            made = sum(room.f_files - room.f_ffree for room in map(os.statvfs, self._written))
        except OSError:
            return None
        if made > self._limits.scratch_files:
            return f"it made more than {self._limits.scratch_files} files"
        return None

    def end(self) -> None:
        try:
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
        except ProcessLookupError:
            return
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        poll.poll(_BURIAL_SECONDS * 1000)
