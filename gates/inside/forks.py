"""A pool of forked children: each piece of work sees the parent's memory as it is now and leaves none of its own."""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_CHUNK = 65_536
_QUOTED = 300
# So few tasks are not worth a second process.
_MOST_ALONE = 100
_PATIENCE = 3600.0  # seconds; a selector cannot wait for ever in a number


class _Child:
    """One running piece of work: its number, process, and what it has written so far."""

    def __init__(self, index: int, pid: int, pipe: int, ends: float) -> None:
        self.index, self.pid, self.pipe, self.ends = index, pid, pipe, ends
        self.output = bytearray()


def each_forked(
    tasks: Sequence[Any], work: Callable[[Any], Any], jobs: int, seconds: float
) -> Iterator[tuple[Any, Any, str | None]]:
    """Do *work* on every task in a process of its own; yield ``(task, value, problem)`` as they end.

    At most *jobs* run at once. ``value`` is what *work* returned (JSON), and ``problem`` is ``None``; where the
    child crashed, or ran longer than *seconds*, ``problem`` says so and ``value`` is ``None``.
    """
    waiting = list(range(len(tasks)))[::-1]
    with selectors.DefaultSelector() as selector:
        running: dict[int, _Child] = {}
        try:
            while waiting or running:
                while waiting and len(running) < max(1, jobs):
                    child = _start(waiting.pop(), tasks, work, seconds)
                    running[child.pipe] = child
                    selector.register(child.pipe, selectors.EVENT_READ)
                for child, late in _ended(selector, running):
                    selector.unregister(child.pipe)
                    del running[child.pipe]
                    value, problem = _finish(child, f"it took longer than {seconds:g} s" if late else None)
                    yield tasks[child.index], value, problem
        finally:
            for child in running.values():
                _finish(child, "abandoned")


def halving(
    tasks: Sequence[Any], work: Callable[[Sequence[Any]], Sequence[Any]], jobs: int, seconds: float
) -> Iterator[tuple[Any, Any, str | None]]:
    """Do *work* on many tasks in one process; where that fails, on halves of them, until those that fail are alone.

    *work* returns one value a task, in order. Many tasks are shared among *jobs* processes. *seconds* is the time for
    a single task; each more adds one.
    """
    size = max(_MOST_ALONE, -(-len(tasks) // max(1, jobs)))
    parts = [tasks[at : at + size] for at in range(0, len(tasks), size)]
    for part, values, problem in each_forked(parts, work, jobs, seconds + len(tasks)):
        if problem is None:
            yield from ((task, value, None) for task, value in zip(part, values, strict=True))
        elif len(part) == 1:
            yield part[0], None, problem
        else:
            middle = len(part) // 2
            yield from halving(part[:middle], work, 1, seconds)
            yield from halving(part[middle:], work, 1, seconds)


def sharing(
    tasks: Sequence[Any], work: Callable[[Sequence[Any]], Sequence[Any]], size: int, jobs: int, seconds: float
) -> Iterator[tuple[Any, Any, str | None]]:
    """Do *work* on up to *size* tasks in one process, which may stop early by returning fewer values than tasks.

    It must do the first. The others are begun again in another process; those of a process that failed each in one
    of its own, so that only the task that fails is lost.
    """
    waiting, alone = list(tasks), []
    while waiting:
        parts = [waiting[at : at + size] for at in range(0, len(waiting), size)]
        waiting = []
        for part, values, problem in each_forked(parts, work, jobs, seconds):
            if problem is not None:
                alone += part
                continue
            yield from ((task, value, None) for task, value in zip(part, values, strict=False))
            waiting += part[len(values) :]
    for (task,), values, problem in each_forked([[task] for task in alone], work, jobs, seconds):
        yield task, values[0] if problem is None else None, problem


def _start(index: int, tasks: Sequence[Any], work: Callable[[Any], Any], seconds: float) -> _Child:
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.close(reading)
            _write(writing, _answer(tasks[index], work))
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(writing)
    return _Child(index, pid, reading, time.monotonic() + seconds)


def _answer(task: Any, work: Callable[[Any], Any]) -> bytes:
    """Return what to report: the value of the work, or how it failed."""
    try:
        return json.dumps([work(task), None]).encode("ascii")
    except BaseException as error:  # noqa: BLE001  # SystemExit too: a tool that leaves has not done its work
        traceback.print_exc(limit=-3)
        return json.dumps([None, f"it failed: {type(error).__name__}: {error}"[:_QUOTED]]).encode("ascii")


def _write(descriptor: int, body: bytes) -> None:
    rest = memoryview(body)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _ended(selector: selectors.BaseSelector, running: dict[int, _Child]) -> list[tuple[_Child, bool]]:
    """Read what the children wrote; return those that closed their pipe, and (with true) those out of time."""
    patience = min(_PATIENCE, max(0.0, min(c.ends for c in running.values()) - time.monotonic()))
    ended: list[tuple[_Child, bool]] = []
    for key, _ in selector.select(patience):
        child = running[key.fd]
        chunk = os.read(key.fd, _CHUNK)
        child.output += chunk
        if not chunk:
            ended.append((child, False))
    now = time.monotonic()
    closed = {c.pipe for c, _ in ended}
    return ended + [(c, True) for c in running.values() if c.ends <= now and c.pipe not in closed]


def _finish(child: _Child, problem: str | None) -> tuple[Any, str | None]:
    """Reap the child (ending it where *problem* says why) and return its value or the problem."""
    os.close(child.pipe)
    if problem is not None:
        os.kill(child.pid, signal.SIGKILL)
    _, status = os.waitpid(child.pid, 0)
    if problem is not None:
        return None, problem
    if os.WIFSIGNALED(status):
        return None, f"it was ended by {signal.Signals(os.WTERMSIG(status)).name}"
    if os.WEXITSTATUS(status) != 0:
        return None, "it ended before it had reported"
    try:
        value, problem = json.loads(child.output)
    except ValueError:
        return None, "its report was damaged"
    return value, problem
