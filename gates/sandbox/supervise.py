"""Start a process, feed it, read it up to a cap, and end its whole tree when a limit is reached."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

from gates.sandbox.spec import Limits, Result, SandboxError

_CHUNK = 65_536


def supervise(
    argv: Sequence[str], stdin: bytes, limits: Limits, before_exec: Callable[[], None], env: Mapping[str, str]
) -> Result:
    """Run *argv* to its end or to a limit. Raises ``SandboxError`` when it cannot be started."""
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            start_new_session=True,
            preexec_fn=before_exec,
        )
    except OSError as error:
        raise SandboxError(f"The sandbox could not start {argv[0]}: {error.strerror or error}.") from error
    killed: str | None = None
    output: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
    caps = {"stdout": limits.stdout_bytes, "stderr": limits.stderr_bytes}
    truncated = False
    pending = memoryview(stdin)
    with process, selectors.DefaultSelector() as selector:
        assert process.stdin and process.stdout and process.stderr
        os.set_blocking(process.stdin.fileno(), False)
        selector.register(process.stdin, selectors.EVENT_WRITE, "stdin")
        selector.register(process.stdout, selectors.EVENT_READ, "stdout")
        selector.register(process.stderr, selectors.EVENT_READ, "stderr")
        while len(selector.get_map()) > (1 if process.stdin in _sources(selector) else 0):
            left = limits.wall_seconds - (time.monotonic() - started)
            if left <= 0:
                killed = f"it ran longer than {limits.wall_seconds:g} s"
                break
            for key, _ in selector.select(min(left, 0.5)):
                if key.data == "stdin":
                    pending = _feed(process.stdin, pending, selector)
                    continue
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                    continue
                room = caps[key.data] - len(output[key.data])
                output[key.data] += chunk[:room]
                if len(chunk) > room and key.data == "stdout":
                    truncated = True
        if killed is None:
            try:
                process.wait(max(0.1, limits.wall_seconds - (time.monotonic() - started)))
            except subprocess.TimeoutExpired:
                killed = f"it ran longer than {limits.wall_seconds:g} s"
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return Result(
        exit_code=process.returncode if killed is None else None,
        stdout=bytes(output["stdout"]),
        stderr=bytes(output["stderr"]),
        seconds=time.monotonic() - started,
        killed=killed,
        truncated=truncated,
    )


def _sources(selector: selectors.BaseSelector) -> list[object]:
    return [key.fileobj for key in selector.get_map().values()]


def _feed(stream: object, pending: memoryview, selector: selectors.BaseSelector) -> memoryview:
    """Write what the pipe takes; close it when all is written or nobody reads."""
    assert hasattr(stream, "fileno") and hasattr(stream, "close")
    try:
        pending = pending[os.write(stream.fileno(), pending[:_CHUNK]) :] if pending else pending
    except BrokenPipeError:
        pending = pending[:0]
    if not pending:
        selector.unregister(stream)  # type: ignore[arg-type]
        stream.close()
    return pending
