"""Progress: on a terminal only."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

_CODE = """
import time
from app.cli.progress import Progress

with Progress() as progress:
    progress.update("lint", "started")
    progress.update("types", "started")
    time.sleep(0.8)
    progress.update("lint", "accept")
    time.sleep(0.6)
"""


def _run(stderr: int, term: str = "xterm") -> None:
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root), "TERM": term}
    subprocess.run([sys.executable, "-c", _CODE], stderr=stderr, env=environment, check=True)


def test_a_terminal_sees_which_gates_are_at_work_and_is_left_clean() -> None:
    ours, theirs = pty.openpty()
    _run(theirs)
    seen = os.read(ours, 65_536)
    os.close(theirs)
    os.close(ours)
    assert b"waiting for lint, types" in seen
    assert b"waiting for types" in seen
    assert seen.endswith(b"\r\x1b[2K")


def test_a_pipe_sees_nothing() -> None:
    ours, theirs = os.pipe()
    _run(theirs)
    os.close(theirs)
    assert os.read(ours, 100) == b""
    os.close(ours)


def test_a_dumb_terminal_gets_no_escapes() -> None:
    ours, theirs = pty.openpty()
    _run(theirs, term="dumb")
    os.set_blocking(ours, False)
    with pytest.raises(BlockingIOError):  # nothing was written
        os.read(ours, 100)
    os.close(theirs)
    os.close(ours)
