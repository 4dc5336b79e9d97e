"""Numbers on standard input: real processes, whose asker goes before and after they are done."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import sys, time
from collapse_lab.asked import Asked
asked = Asked(sys.stdin)
for number in asked:
    print("began", number, flush=True)
    time.sleep(600 if number else 0)
    asked.done()
    print("done", number, flush=True)
"""


@pytest.fixture
def process() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_it_ends_with_its_input(process: subprocess.Popen[str]) -> None:
    for _ in range(2):
        tell(process, "0")
        assert [heard(process), heard(process)] == ["began 0", "done 0"]
    process.communicate()
    assert process.returncode == 0


def test_in_the_middle_of_an_arm_it_ends_when_its_asker_is_gone(process: subprocess.Popen[str]) -> None:
    tell(process, "600")
    assert heard(process) == "began 600"
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM


def test_what_was_asked_and_not_begun_is_not_done_either(process: subprocess.Popen[str]) -> None:
    tell(process, "600\n0")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM


def test_a_line_that_is_no_number_is_an_error(process: subprocess.Popen[str]) -> None:
    _, said = process.communicate("one\n", timeout=60)
    assert process.returncode != 0
    assert process.returncode == -signal.SIGTERM or "invalid literal" in said
