"""What every process of the App does first: say on standard error what it does, and end when its parent does."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Seconds between two looks whether the set-up page has stored what is missing.
SET_UP_LOOK = 2.0


def follow_parent(how: signal.Signals = signal.SIGTERM) -> None:
    """Let the kernel send us *how* when our parent dies, by kill -9 too. Only Linux can; elsewhere it does nothing."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)


def followed(how: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """Return what a child runs before its program: it ends with us, and not before it began to listen to that."""
    parent = os.getpid()

    def follow() -> None:
        follow_parent(how)
        if os.getppid() != parent:
            os._exit(1)

    return follow


def log_to_stderr() -> None:
    """Write what happens as lines to standard error, with the time in UTC."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
