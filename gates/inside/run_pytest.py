"""Run a tree's tests with pytest and report, record by record, what each did.

Two processes: this one, the *reporter*, holds the trusted channel and never runs judged code; a forked child runs
pytest and tells the reporter over a pipe. The nonce is read after the fork, so it was never in the child's memory,
and this process makes itself unreadable first (``PR_SET_DUMPABLE``). A child that ends early, whatever exit status
it chooses, has not sent its ``done`` and is seen to have died; lines in the pipe that lack the child's own token,
which only a closure of the recorder holds, are counted as forged.

What this does not cover: code under test shares a process with its tests, as it does in every run of pytest. Code
that searches the interpreter's heap, or rewrites pytest's frames through ``ctypes`` or ``gc``, can still lie about
single results; ``pytest_guard`` catches the plain ways of doing so and says which.

Job: ``{"tree": path, "seconds": float, "args": [str], "config": path or null, "plugins": [module],
"markers": [line], "files": [path], "select": [node id]}``.
``select`` empty means everything. Records: those of ``pytest_recorder`` and one last ``finish`` with the child's
real exit status, whether its time ran out, and how many lines were forged.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gates.inside import pytest_child
    from gates.inside.channel import Channel
    from gates.inside.reporter import Worker, hide
else:
    sys.path.insert(0, str(Path(__file__).parent))
    import pytest_child
    from channel import Channel
    from reporter import Worker, hide

    del sys.path[0]


def main() -> None:
    """Fork the child, feed it the job, pass on what it says."""
    worker = Worker.fork(work)
    hide()
    channel = Channel()
    worker.give(channel.job)
    ending = worker.relay(channel.send, float(channel.job["seconds"]))
    channel.send(ending)
    channel.finish()


def work(job: dict[str, Any], say: Callable[[Any], None]) -> int:
    """Run pytest on a copy of the tree (in the child); return its exit status."""
    copy = pytest_child.copy_tree(job["tree"])
    pytest_child.enter(copy)
    return pytest_child.run(copy, job, say)


if __name__ == "__main__":
    main()
