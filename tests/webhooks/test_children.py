"""A family of processes: those that do not want to end are made to."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from webhooks.children import ChildError, Family, Program

from .processes import alive, until

if TYPE_CHECKING:
    from pathlib import Path

STUBBORN = "import signal, sys, time; [signal.signal(s, signal.SIG_IGN) for s in (15, 2)]; {0}; time.sleep(600)"


def program(name: str, code: str, **more: object) -> Program:
    return Program(name, [sys.executable, "-c", code], dict(os.environ), **more)  # type: ignore[arg-type]


def stop_soon() -> None:
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()


def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = STUBBORN.format(f"open({str(pid)!r}, 'w').write(str(__import__('os').getpid()))")
    family = Family([program("x", code, grace=0.1, ready=lambda: pid.exists() and pid.read_text() != "")])
    before = signal.getsignal(signal.SIGTERM)
    begun = time.monotonic()
    family.run(stop_soon)
    assert time.monotonic() - begun < 60
    assert not alive(int(pid.read_text()))
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_outlives_the_others_ends_last(tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep({1})\n"
        f"    open({str(order)!r}, 'a').write('{{0}}')\n"
        "    sys.exit()\n"
        "signal.signal(15, end)\n"
        f"open({str(tmp_path)!r} + '/{{0}}', 'w')\n"
        "time.sleep(600)\n"
    )
    family = Family(
        [
            program("r", code.format("r", 0), outlives=True, ready=(tmp_path / "r").exists),
            program("w", code.format("w", 0.3), ready=(tmp_path / "w").exists),
        ]
    )
    family.run(stop_soon)
    assert order.read_text() == "wr"


def test_one_that_ends_at_once_ends_all(tmp_path: Path) -> None:
    first = tmp_path / "first"
    code = f"import os, time; open({str(first)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    family = Family(
        [
            program("first", code, ready=lambda: first.exists() and first.read_text() != ""),
            program("second", "raise SystemExit(3)", ready=lambda: False),
        ]
    )
    with pytest.raises(ChildError, match="second ended as soon as it was started"):
        family.run()
    until(lambda: not alive(int(first.read_text())))


def test_one_that_does_not_become_ready_is_said() -> None:
    with pytest.raises(ChildError, match="x did not become ready within 0 s"):
        Family([program("x", "import time; time.sleep(600)", ready=lambda: False)], patience=0.1).run()


def test_a_program_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(ChildError, match="x cannot be started: No such file or directory: /nowhere/x"):
        Family([Program("x", ["/nowhere/x"], {})]).run()
