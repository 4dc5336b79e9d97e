"""A script of ``gates/inside`` that runs none of the code it reads, in a plain process where there is no sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import IO

from gates.gate import Context, CouldNotJudgeError
from gates.sandbox.spec import Result
from gates.stopping import Stop

_LOOK_SECONDS = 0.1


def run_plain(context: Context, argv: Sequence[str], stdin: bytes, seconds: float) -> Result:
    """Run *argv* to its end, or for *seconds* or the review's rest of time, with an empty environment.

    Its children end with it. Raises ``CouldNotJudgeError`` where it cannot be started or no time is left, and
    ``StoppedError`` where the review is to stop. Never for anything that would execute a part of a change.
    """
    seconds = min(seconds, context.seconds_left())
    if seconds <= 0:
        raise CouldNotJudgeError("The review's time was used up before this gate could run; raise budget.seconds.")
    with context.stop.running():
        return _run(argv, stdin, seconds, context.stop)


def _run(argv: Sequence[str], stdin: bytes, seconds: float, stop: Stop) -> Result:
    started = time.monotonic()
    killed: str | None = None
    with tempfile.TemporaryFile() as given, _started(argv, given, stdin) as process:
        while True:
            try:
                stdout, stderr = process.communicate(timeout=_LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if killed is None and (time.monotonic() - started >= seconds or stop.why):
                    killed = f"it ran longer than {seconds:g} s"
                    _end(process)
    return Result(None if killed else process.returncode, stdout, stderr, time.monotonic() - started, killed)


def _started(argv: Sequence[str], given: IO[bytes], stdin: bytes) -> subprocess.Popen[bytes]:
    """Start it with its input in a file: to wait for an end in steps, ``communicate`` may have nothing to feed."""
    given.write(stdin)
    given.seek(0)
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(argv, stdin=given, stdout=pipe, stderr=pipe, env=_nothing(), start_new_session=True)
    except OSError as error:
        raise CouldNotJudgeError(f"{argv[0]} could not be started: {error.strerror or error}.") from error


def _nothing() -> dict[str, str]:
    """Return an empty environment. On Windows no program starts without this one variable."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}


def _end(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
