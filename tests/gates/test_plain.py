"""A script in a plain process: its time, its end, and the end of the review."""

from __future__ import annotations

import sys
import threading
import time
import uuid
from collections.abc import Iterator

import pytest

from gates.gate import Context
from gates.interpreter import Interpreter
from gates.plain import run_plain
from gates.stopping import StoppedError
from gates.workspace import Workspace
from tests.gates.sandbox.attacks.probes import processes_with

PATIENCE = 60


@pytest.fixture
def plain() -> Iterator[Context]:
    own = Interpreter.own()
    with Workspace() as workspace:
        yield Context(workspace, own, own)


def test_gives_input_output_and_status(plain: Context) -> None:
    script = "import sys, time; time.sleep(0.5); sys.stdout.write(sys.stdin.read()); sys.exit(3)"
    result = run_plain(plain, [sys.executable, "-c", script], b"x" * 1_000_000, 600)
    assert (result.exit_code, result.stdout, result.killed) == (3, b"x" * 1_000_000, None)


def test_its_time_ends_it(plain: Context) -> None:
    result = run_plain(plain, ["/bin/sleep", "600"], b"", 0.3)
    assert (result.exit_code, result.killed) == (None, "it ran longer than 0.3 s")


def test_the_reviews_end_ends_it_and_its_children(plain: Context) -> None:
    word = uuid.uuid4().hex

    def push() -> None:
        end = time.monotonic() + PATIENCE
        while len(processes_with(word.encode())) < 2 and time.monotonic() < end:
            time.sleep(0.02)
        plain.stop.because("A newer push came.")

    thread = threading.Thread(target=push)
    thread.start()
    with pytest.raises(StoppedError, match="A newer push came"):
        run_plain(plain, ["/bin/sh", "-c", "sh -c 'sleep 600; :' \"$0\" & wait", word], b"", 600)
    thread.join()
    assert processes_with(word.encode()) == []
