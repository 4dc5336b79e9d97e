"""The process that can be trusted in a run of judged code: it forks the one that cannot, and listens to it."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import select
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

PR_SET_DUMPABLE = 4
# A child that says more than this is flooding: the largest real suites send a few MiB.
MOST_BYTES = 48 * 1024 * 1024
# The longest record has a few KiB.
MOST_LINE = 1024 * 1024
_POLL = 0.2
# EX_SOFTWARE of sysexits.h; no exit status of pytest.
_FAILED = 70

Say = Callable[[Any], None]


def hide() -> None:
    """Make this process's memory and descriptors unreadable for others of its user (prctl(2), ptrace(2))."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


class Worker:
    """A forked child and the pipe that it reports over."""

    def __init__(self, pid: int, jobs: int, reports: int) -> None:
        self._pid = pid
        self._jobs = jobs
        self._reports = reports
        self._token = b""
        self._rest = b""
        self._forged = 0
        self._done = False

    @classmethod
    def fork(cls, work: Callable[[Any, Say], int]) -> Worker:
        """Fork a child that waits for its job and then runs ``work(job, say)``; its result is its exit status."""
        jobs_out, jobs_in = os.pipe()
        reports_out, reports_in = os.pipe()
        pid = os.fork()
        if pid == 0:
            _child(work, jobs_out, reports_in)
        os.close(jobs_out)
        os.close(reports_in)
        return cls(pid, jobs_in, reports_out)

    def give(self, job: Any) -> None:
        """Send the job, with the token that the child's records must carry."""
        self._token = secrets.token_hex(16).encode("ascii")
        rest = memoryview(self._token + b"\n" + json.dumps(job).encode("ascii"))
        while rest:
            rest = rest[os.write(self._jobs, rest) :]
        os.close(self._jobs)

    def relay(self, send: Say, seconds: float) -> dict[str, Any]:
        """Pass the child's records to *send* until it ends or its time is up; return the ``finish`` record."""
        deadline = time.monotonic() + seconds
        total = 0
        status = None
        timed_out = flooded = False
        while True:
            left = deadline - time.monotonic()
            timed_out, flooded = left <= 0, total > MOST_BYTES or len(self._rest) > MOST_LINE
            if timed_out or flooded:
                break
            if select.select([self._reports], [], [], max(0.0, min(left, _POLL)))[0]:
                chunk = os.read(self._reports, 65536)
                total += len(chunk)
                if not chunk:
                    break
                self._take(chunk, send)
            elif status is not None:
                break  # the child is gone; something that it started still holds the pipe
            elif status is None:
                status = _ended(self._pid)
        if status is None:
            status = self._end(kill=timed_out or flooded, until=deadline)
        if self._rest:
            self._forged += 1
        return {
            "k": "finish",
            "status": None if timed_out or flooded else status,
            "timeout": timed_out,
            "flood": flooded,
            "forged": self._forged,
        }

    def _take(self, chunk: bytes, send: Say) -> None:
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            token, _, body = line.partition(b" ")
            record = _parse(body) if token == self._token else None
            if record is None or self._done:
                self._forged += 1
                continue
            self._done = record.get("k") == "done"
            send(record)

    def _end(self, *, kill: bool, until: float) -> int | None:
        """Wait for the child, killing its group first, or when it closed its pipe and still lingers."""
        while not kill and time.monotonic() < until:
            status = _ended(self._pid)
            if status is not None:
                return status
            time.sleep(0.01)
        for how in (os.killpg, os.kill):
            with suppress(ProcessLookupError, PermissionError):
                how(self._pid, signal.SIGKILL)
        return _code(os.waitpid(self._pid, 0)[1])


def _child(work: Callable[[Any, Say], int], jobs: int, reports: int) -> None:
    """Become the worker; never returns."""
    code = _FAILED
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        close_all_but(0, 1, 2, jobs, reports)
        with os.fdopen(jobs, "rb") as stream:
            token, _, job = stream.read().partition(b"\n")
        say = speaker(token, reports)
        code = _try(work, json.loads(job), say)
    finally:
        os._exit(code)


def _try(work: Callable[[Any, Say], int], job: Any, say: Say) -> int:
    try:
        return work(job, say)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the run is over, and people should know why
        traceback.print_exc()
        say({"k": "internal", "message": f"{type(error).__name__}: {error}"[:500]})
        return _FAILED


def speaker(token: bytes, descriptor: int) -> Say:
    """Return the only function that can speak for this process; a process forked from it is not heard."""
    me, getpid, write, dumps = os.getpid(), os.getpid, os.write, json.dumps

    def say(record: Any) -> None:
        if getpid() != me:
            return
        rest = memoryview(token + b" " + dumps(record).encode("ascii") + b"\n")
        while rest:
            rest = rest[write(descriptor, rest) :]

    return say


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _ended(pid: int) -> int | None:
    done, status = os.waitpid(pid, os.WNOHANG)
    return _code(status) if done else None


def _code(status: int) -> int:
    """Return an exit status, negative for a signal."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def close_all_but(*kept: int) -> None:
    """Close every descriptor of this process but *kept*."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        number = int(entry.name)
        if number not in kept:
            with suppress(OSError):  # the directory's own is closed by now
                os.close(number)
