"""Processor time of all processes that some work starts, those of sandboxes included."""

from __future__ import annotations

import ctypes
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Cost:
    """What work took: seconds by the clock, and seconds of all processors together."""

    wall: float
    cpu: float


def adopt() -> None:
    """Have orphans become this process's children, so that their time is counted: bwrap does not wait for its own."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def cost(work: Callable[[], object]) -> Cost:
    """Do the work and return what it took; after ``adopt``, and with no child left running by it."""
    _bury()
    cpu, started = _used(), time.perf_counter()
    work()
    wall = time.perf_counter() - started
    _bury()
    return Cost(wall, _used() - cpu)


def _bury() -> None:
    """Take in the orphans that ended; their time counts from then on."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _used() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)
