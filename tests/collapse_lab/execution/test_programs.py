"""Samples as programs, in the real sandbox: what compiles, what runs, and what ends them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collapse_lab.execution.harness import Harness
from collapse_lab.execution.programs import LIMITS, Ended, run

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    short = {"cpu_seconds": 0.5, "memory_mib": 192}
    with Harness(2, LIMITS.model_copy(update=short)) as made:
        yield made


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("x = 1\n", Ended(True, "ran")),
        ("", Ended(True, "ran")),
        ('from __future__ import annotations\n"""doc"""\n', Ended(True, "ran")),
        ("def f(x):\n    return 1 / 0\n", Ended(True, "ran")),
        ("def f(x):\n    return 1 / 0\nf(1)\n", Ended(True, "ZeroDivisionError")),
        ("import json, math, random\nprint(math.pi)\n", Ended(True, "ran")),
        # As a program, not as a module.
        ("if __name__ == '__main__':\n    raise KeyError\n", Ended(True, "KeyError")),
        ("import numpy\n", Ended(True, "ModuleNotFoundError")),
        ("from math import nothing\n", Ended(True, "ImportError")),
        ("try:\n    import numpy\nexcept ImportError:\n    pass\n", Ended(True, "ran")),
        ("x = input()\n", Ended(True, "EOFError")),
        ("def f(:\n", Ended(False, "SyntaxError")),
        ("def f():\nreturn 1\n", Ended(False, "IndentationError")),
        ("return 1\n", Ended(False, "SyntaxError")),
        ("x = '\ud800'\n", Ended(False, "UnicodeEncodeError")),
        ("x = 1\0\n", Ended(False, "SyntaxError")),
        ("class Odd(Exception): pass\nraise Odd\n", Ended(True, "Odd")),
        ("raise SystemExit\n", Ended(True, "ran")),
        ("import sys\nsys.exit(0)\n", Ended(True, "ran")),
        ("import sys\nsys.exit(3)\n", Ended(True, "SystemExit")),
        ("raise SystemExit('no')\n", Ended(True, "SystemExit")),
        ("import os\nos._exit(0)\n", Ended(True, "killed")),
        ("while True: pass\n", Ended(True, "timeout")),
        ("import time\ntime.sleep(1000)\n", Ended(True, "killed")),
        ("x = [0] * 10**9\n", Ended(True, "memory")),
        ("print('x' * 100_000)\n", Ended(True, "output")),
        ("def f(): f()\nf()\n", Ended(True, "RecursionError")),
        # The text arrives as it is.
        ("quotes = '''\"\"\"''' + \"\\\\n{}\"\nassert len(quotes) == 7, quotes\n", Ended(True, "ran")),
    ],
)
def test_endings(harness: Harness, text: str, ended: Ended) -> None:
    assert run([text], harness.observe) == [ended]


def test_many_are_told_apart(harness: Harness) -> None:
    texts = ["x = 1", "x = ", "raise ValueError"] * 20
    found = run(texts, harness.observe)
    assert found == [Ended(True, "ran"), Ended(False, "SyntaxError"), Ended(True, "ValueError")] * 20


def test_strict_and_relaxed() -> None:
    endings = ("ran", "ImportError", "ModuleNotFoundError", "NameError", "timeout")
    assert [(e.strict, e.relaxed) for e in (Ended(True, name) for name in endings)] == [
        (True, True),
        (False, True),
        (False, True),
        (False, False),
        (False, False),
    ]


def test_the_limit_is_the_papers() -> None:
    assert (LIMITS.cpu_seconds, LIMITS.memory_mib) == (5.0, 512)
