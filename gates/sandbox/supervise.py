"""Start a process, feed it, read it up to a cap, and end its whole tree when a limit is reached."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from gates.sandbox.spec import MIB, Limits, Result, SandboxError, wanted

_CHUNK = 65_536
_TICK_SECONDS = 0.05
# How long the kernel may take to bury what was killed.
_PATIENCE_SECONDS = 5.0
_CUT = b"\n[exogate: the rest of standard error was cut]\n"


class Tree(Protocol):
    """The processes of one run, as a back-end sees them."""

    @property
    def cpu_seconds(self) -> float:
        """Processor time used by all of them, when last looked at."""

    def exceeded(self) -> str | None:
        """Return why they must end ("it used more than ..."), or ``None``. Called every 50 ms."""

    def end(self) -> None:
        """Kill all of them, and return when they are gone."""


class NoTree:
    """The tree of a program that starts no others and needs no watching: ending the process itself is enough."""

    cpu_seconds = 0.0

    def exceeded(self) -> str | None:
        """Return ``None``."""

    def end(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start: its arguments, its whole environment, directory, and the descriptors it inherits.

    ``attach`` is called once with the started process; it may finish the start and returns what to watch.
    """

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path | None = None
    inherited: Sequence[int] = ()
    attach: Callable[[subprocess.Popen[bytes]], Tree] = lambda _: NoTree()


def supervise(launch: Launch, stdin: bytes, limits: Limits, unwanted: Callable[[], str | None] = wanted) -> Result:
    """Run to the end, to a limit, or until it is *unwanted*; nothing of the run is left when this returns.

    Nothing runs in Python between fork and exec (``preexec_fn``): with other threads about, that can deadlock. A
    back-end lowers the limits of the started process from outside, or by a program that it starts first.
    Raises ``SandboxError`` when it cannot be started.
    """
    started = time.monotonic()
    process = _start(launch)
    with process, selectors.DefaultSelector() as selector:
        try:
            tree = launch.attach(process)
        except BaseException:
            process.kill()
            raise
        run = _Run(process, tree, limits, selector, started + limits.wall_seconds, unwanted)
        try:
            run.pump(stdin)
        finally:
            run.finish()
    return run.result(time.monotonic() - started)


def _start(launch: Launch) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(launch.argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(launch.env),
            cwd=launch.cwd,
            pass_fds=launch.inherited,
            start_new_session=True,
            umask=0o022,
        )
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise SandboxError(f"The sandbox could not start {launch.argv[0]}: {said}.") from error


class _Capture:
    """The first bytes of a stream, and whether there were more."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self.stream, self.most = stream, most
        self.kept = bytearray()
        self.cut = False
        os.set_blocking(stream.fileno(), False)

    def read(self) -> bool:
        """Take what is there; return whether the stream is still open."""
        try:
            chunk = os.read(self.stream.fileno(), _CHUNK)
        except BlockingIOError:
            return True
        room = self.most - len(self.kept)
        self.kept += chunk[:room]
        self.cut = self.cut or len(chunk) > room
        return bool(chunk)


class _Run:
    """One run: a loop over its three pipes, its end and its limits."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        tree: Tree,
        limits: Limits,
        selector: selectors.BaseSelector,
        deadline: float,
        unwanted: Callable[[], str | None],
    ) -> None:
        assert process.stdin and process.stdout and process.stderr
        self._process, self._tree, self._limits = process, tree, limits
        self._selector, self._deadline, self._unwanted = selector, deadline, unwanted
        self._input = process.stdin
        self._pending = memoryview(b"")
        self._stdout = _Capture(process.stdout, limits.stdout_bytes)
        self._stderr = _Capture(process.stderr, limits.stderr_bytes)
        self._killed: str | None = None
        self._next_look = 0.0

    def pump(self, stdin: bytes) -> None:
        """Feed and read until the process ends or a limit is reached."""
        self._pending = memoryview(stdin)
        os.set_blocking(self._input.fileno(), False)
        self._selector.register(self._input, selectors.EVENT_WRITE, self._feed)
        for capture in (self._stdout, self._stderr):
            self._selector.register(capture.stream, selectors.EVENT_READ, self._reader(capture))
        ended = _watch_end(self._process.pid, self._selector)
        try:
            while not self._ended():
                self._killed = self._exceeded()
                if self._killed is not None:
                    return
                self._turn(min(_TICK_SECONDS, self._deadline - time.monotonic()))
        finally:
            if ended is not None:
                self._selector.unregister(ended)
                os.close(ended)

    def _turn(self, seconds: float) -> None:
        for key, _ in self._selector.select(max(0.0, seconds)):
            if key.data is not None:
                key.data()

    def _exceeded(self) -> str | None:
        if self._stdout.cut:
            return f"it wrote more than the output limit of {_size(self._limits.stdout_bytes)}"
        if why := self._unwanted():
            return why
        now = time.monotonic()
        if now >= self._deadline:
            return f"it ran longer than {self._limits.wall_seconds:g} s"
        if now < self._next_look:
            return None
        self._next_look = now + _TICK_SECONDS
        return self._tree.exceeded()

    def _feed(self) -> None:
        """Write what the pipe takes; close it when all is written or nobody reads."""
        try:
            if self._pending:
                self._pending = self._pending[os.write(self._input.fileno(), self._pending[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._pending = self._pending[:0]
        if not self._pending:
            self._selector.unregister(self._input)
            self._input.close()

    def _reader(self, capture: _Capture) -> Callable[[], None]:
        def read() -> None:
            if not capture.read():
                self._selector.unregister(capture.stream)

        return read

    def _ended(self) -> bool:
        return self._process.poll() is not None

    def finish(self) -> None:
        """End what is left, bury it, and take what it had written."""
        self._tree.end()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._ended():
            if time.monotonic() > deadline or isinstance(self._tree, NoTree):
                self._process.kill()
            time.sleep(0.0005)
        self._drain(time.monotonic() + 1.0)
        if not self._input.closed:
            # The pipe may be full and is non-blocking: nothing of it may be flushed here.
            self._input.close()

    def _drain(self, deadline: float) -> None:
        """Read what the pipes still hold. Whoever may still hold them open gets a second."""
        streams = {self._stdout.stream, self._stderr.stream}
        while streams & {key.fileobj for key in self._selector.get_map().values()}:
            if self._stdout.cut or time.monotonic() > deadline:
                return
            self._turn(0.01)

    def result(self, seconds: float) -> Result:
        """Return what happened."""
        code = self._process.returncode
        code = 128 - code if code < 0 else code
        killed = self._killed or self._late_reason(code)
        return Result(
            exit_code=None if killed else code,
            stdout=bytes(self._stdout.kept),
            stderr=bytes(self._stderr.kept) + (_CUT if self._stderr.cut else b""),
            seconds=seconds,
            killed=killed,
            truncated=self._stdout.cut,
        )

    def _late_reason(self, code: int) -> str | None:
        """Return why a process that ended did not end by itself: output over the cap, or the kernel's CPU limit."""
        if self._stdout.cut:
            return f"it wrote more than the output limit of {_size(self._limits.stdout_bytes)}"
        spent = self._tree.cpu_seconds >= self._limits.cpu_seconds
        if code == 128 + signal.SIGXCPU or (code == 128 + signal.SIGKILL and spent):
            return f"it used more than {self._limits.cpu_seconds} s of processor time"
        return None


def _watch_end(pid: int, selector: selectors.BaseSelector) -> int | None:
    """Have the selector wake when the process ends, where the system can (Linux 5.3); else each tick looks."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return None
    selector.register(descriptor, selectors.EVENT_READ, None)
    return descriptor


def _size(count: int) -> str:
    return f"{count // MIB} MiB" if count >= MIB else f"{count} bytes"
