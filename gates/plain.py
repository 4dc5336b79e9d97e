"""A script of ``gates/inside`` that runs none of the code it reads, in a plain process where there is no sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence

from gates.gate import Context, CouldNotJudgeError
from gates.sandbox.spec import Result


def run_plain(context: Context, argv: Sequence[str], stdin: bytes, seconds: float) -> Result:
    """Run *argv* to its end, or for *seconds* or the review's rest of time, with an empty environment.

    Its children end with it. Raises ``CouldNotJudgeError`` where it cannot be started or no time is left. Never for
    anything that would execute a part of a change.
    """
    seconds = min(seconds, context.seconds_left())
    if seconds <= 0:
        raise CouldNotJudgeError("The review's time was used up before this gate could run; raise budget.seconds.")
    started = time.monotonic()
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, env=_nothing(), start_new_session=True)
    except OSError as error:
        raise CouldNotJudgeError(f"{argv[0]} could not be started: {error.strerror or error}.") from error
    killed: str | None = None
    with process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            killed = f"it ran longer than {seconds:g} s"
            _end(process)
            stdout, stderr = process.communicate()
    return Result(None if killed else process.returncode, stdout, stderr, time.monotonic() - started, killed)


def _nothing() -> dict[str, str]:
    """Return an empty environment. On Windows no program starts without this one variable."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}


def _end(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
