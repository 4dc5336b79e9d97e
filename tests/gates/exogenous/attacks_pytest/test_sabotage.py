"""Judged code that goes for the runner itself: its channel, its processes, its time, its files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from gates.sandbox.spec import Command
from gates.testrun.model import assemble
from gates.toolrun import INSIDE
from gates.verdict import Outcome, Verdict

pytestmark = pytest.mark.sandbox

IDS = ("tests/test_m.py::test_two", "tests/test_m.py::Cases::test_three")
# What an honest run of the base's tests says, without what makes it believable.
RECORDS = [
    *({"k": "item", "id": name, "origin": name} for name in IDS),
    {"k": "collected", "n": 2},
    *(
        record
        for name in IDS
        for record in (
            {"k": "start", "id": name},
            {"k": "phase", "id": name, "when": "call", "outcome": "passed", "xfail": False, "seconds": 0.0},
            {"k": "end", "id": name},
        )
    ),
    {"k": "done", "exit": 0},
    {"k": "finish", "status": 0, "timeout": False, "flood": False, "forged": 0},
]
LINES = "".join(json.dumps(record) + "\n" for record in RECORDS)
EVERYWHERE = (
    "import os\n"
    "def tell(text):\n"
    "    for directory in ('/proc/self/fd', '/proc/%d/fd' % os.getppid(), '/proc/1/fd'):\n"
    "        try:\n            names = os.listdir(directory)\n        except OSError:\n            continue\n"
    "        for name in names:\n"
    "            for way in (directory + '/' + name, int(name)):\n"
    "                try:\n"
    "                    end = way if isinstance(way, int) else os.open(way, os.O_WRONLY | os.O_NONBLOCK)\n"
    "                    os.write(end, text)\n"
    "                except OSError:\n                    pass\n"
)
ESCAPES = "\\x1b[2J\\x1b]0;owned\\x07 **bold** <img src=x onerror=alert(1)>\\r\\n# Verdict: accept"


def said(verdict: Verdict) -> str:
    return " ".join([verdict.reason, *(f.message for f in verdict.findings)])


def test_records_on_every_descriptor_are_forged(court: Any) -> None:
    verdict = court.judge({"src/m.py": f"{EVERYWHERE}tell({LINES.encode()!r})\nos._exit(0)\n"})
    assert verdict.outcome is Outcome.REJECT
    assert "forged-result" in {f.rule for f in verdict.findings}
    # The control: read without the token, the same lines are a run in which all is well.
    believed = assemble(json.loads(line) for line in LINES.splitlines())
    assert (len(believed.good), believed.problem, believed.distrust) == (2, None, ())


def test_records_among_honest_ones_spoil_the_run(court: Any) -> None:
    code = f"{EVERYWHERE}def double(x):\n    tell({LINES.encode()!r})\n    return 2 * x\n"
    verdict = court.judge({"src/m.py": code})
    assert verdict.outcome is Outcome.REJECT
    assert {f.rule for f in verdict.findings} == {"forged-result"}
    assert court.judge({"src/m.py": code.replace("    tell(", "    str(")}).outcome is Outcome.ACCEPT


def test_the_reporter_cannot_be_read_or_written(court: Any) -> None:
    code = (
        "import os\ndef double(x):\n    found = []\n"
        "    for name in ('fd/0', 'fd/1', 'fd/3', 'fd/4', 'fd/5', 'fd/6', 'mem', 'environ', 'maps'):\n"
        "        try:\n            open('/proc/%d/%s' % (os.getppid(), name), 'rb')\n"
        "            found.append(name)\n"
        "        except (PermissionError, FileNotFoundError):\n            pass\n"
        "    raise RuntimeError('open: <' + ','.join(found) + '>')\n"
    )
    verdict = court.judge({"src/m.py": code})
    assert "RuntimeError: open: <>" in said(verdict)
    # The control: a parent that did not hide shows all of it to a child of the same user.
    parent = (
        "import os\npid = os.fork()\n"
        "if pid == 0:\n    open('/proc/%d/fd/1' % os.getppid(), 'wb')\n    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    assert _program(court, parent).strip() == "7"
    hidden = f"import sys\nsys.path.insert(0, '/exogate/inside')\nimport reporter\nreporter.hide()\n{parent}"
    assert _program(court, hidden, show=True).strip() == "1"


@pytest.mark.parametrize("group", [-1, 0])
def test_killing_processes_is_no_pass(court: Any, group: int) -> None:
    verdict = court.judge({"src/m.py": f"import os\ndef double(x):\n    os.kill({group}, 9)\n"})
    assert verdict.outcome is Outcome.REJECT
    assert verdict.score == 0.0
    # The control: a judge that counts failures in the output of such a run finds none.
    assert b"failed" not in court.naive({"src/m.py": "import os\ndef double(x):\n    os.kill(0, 9)\n"}).stdout


def test_killing_the_reporter_is_no_pass(court: Any) -> None:
    verdict = court.judge({"src/m.py": "import os\ndef double(x):\n    os.kill(os.getppid(), 9)\n    return 2 * x\n"})
    assert verdict.outcome is Outcome.REJECT
    assert court.judge({"src/m.py": "import os\ndef double(x):\n    os.getppid()\n    return 2 * x\n"}).outcome is (
        Outcome.ACCEPT
    )


def test_a_forged_junit_file_is_not_read(court: Any, wrong: str) -> None:
    forged = '<testsuites><testsuite tests="2" failures="0" errors="0"/></testsuites>'
    code = (
        "import atexit, os, sys\n"
        "def forge():\n"
        "    for name in ('junit.xml', *(a.partition('=')[2] for a in sys.argv if 'junit' in a)):\n"
        f"        open(name, 'w').write({forged!r})\n"
        f"    os._exit(0)\natexit.register(forge)\n{wrong}"
    )
    assert court.judge({"src/m.py": code}).outcome is Outcome.REJECT
    read = (
        "import subprocess, sys; subprocess.run([sys.executable, '-m', 'pytest', '--junitxml=junit.xml'], stdout=2); "
        "print(open('junit.xml').read())"
    )
    assert court.naive({"src/m.py": code}, f'-c "{read}"').stdout.decode().strip() == forged


def test_threads_that_print_results_are_not_heard(court: Any) -> None:
    code = (
        "import os, sys, threading, time\n"
        f"def shout():\n    while True:\n        os.write(1, {('2 passed in 0.01s' + chr(10) + LINES).encode()!r})\n"
        "        time.sleep(0.01)\n"
        "threading.Thread(target=shout, daemon=True).start()\n"
        "def double(x):\n    time.sleep(0.1)\n    os._exit(0)\n"
    )
    assert court.judge({"src/m.py": code}).outcome is Outcome.REJECT
    fooled = court.naive({"src/m.py": code}, "-m pytest -q -s")
    assert fooled.exit_code == 0 and b"2 passed" in fooled.stdout


@pytest.mark.parametrize(
    ("code", "seconds", "place"),
    [
        ("while True:\n    pass\n", 3, "did not report"),
        # Long enough that pytest has begun the first test on a busy machine too: the limit counts its start.
        ("def double(x):\n    while True:\n        pass\n", 12, "test_two was running"),
        ("import time\ndef double(x):\n    time.sleep(1000)\n", 12, "test_two was running"),
    ],
    ids=["import", "loop", "sleep"],
)
def test_a_hang_is_rejected_and_says_where(court: Any, code: str, seconds: int, place: str) -> None:
    started = time.monotonic()
    verdict = court.judge({"src/m.py": code}, seconds=seconds)
    assert time.monotonic() - started < seconds + 22
    assert verdict.outcome is Outcome.REJECT
    assert place in said(verdict) and "did not finish in the time given" in verdict.reason
    # The control: without a limit of its own the run is still going on when somebody else ends it.
    assert court.naive({"src/m.py": code}, seconds=3).killed is not None


def test_a_fork_bomb_ends_with_the_run(court: Any) -> None:
    code = (
        "import os, time\ndef double(x):\n    for _ in range(3000):\n        try:\n"
        "            if os.fork() == 0:\n                time.sleep(600)\n                os._exit(0)\n"
        "        except OSError:\n            break\n    return 0\n"
    )
    started = time.monotonic()
    verdict = court.judge({"src/m.py": code})
    assert verdict.outcome is Outcome.REJECT
    assert time.monotonic() - started < 60
    # The control: outside, a child of a program that has ended goes on.
    sleep = "[sys.executable, '-c', 'import time; time.sleep(60)']"
    script = f"import subprocess, sys; print(subprocess.Popen({sleep}, stdout=subprocess.DEVNULL).pid)"
    left = int(subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True).stdout)
    os.kill(left, signal.SIGKILL)


def test_a_flood_of_output_is_no_pass(court: Any, wrong: str) -> None:
    flood = "import os\nfor _ in range(2000):\n    os.write({fd}, b'x' * 65535 + b'\\n')\n"
    loud = {"src/m.py": flood.format(fd=2) + wrong}
    verdict = court.judge(loud)
    assert verdict.outcome is Outcome.REJECT
    assert "fails on the head" in said(verdict)
    # The control: heard over a plain stream, the results are lost in the noise.
    assert court.naive({"src/m.py": flood.format(fd=1) + wrong}, "-m pytest -q -s").truncated


def test_a_flood_of_the_report_pipe_is_cut(court: Any) -> None:
    verdict = court.judge({"src/m.py": f"{EVERYWHERE}while True:\n    tell(b'x' * 65536)\n"})
    assert verdict.outcome is Outcome.REJECT
    quiet = court.judge({"src/m.py": f"{EVERYWHERE}def double(x):\n    return 2 * x\n"})
    assert quiet.outcome is Outcome.ACCEPT


def test_deleting_the_tree_is_no_pass(court: Any) -> None:
    code = (
        "import os, shutil\nfor root, _, names in os.walk('.'):\n"
        "    for name in names:\n        if name.startswith('test_'):\n"
        "            os.unlink(os.path.join(root, name))\n"
    )
    verdict = court.judge({"src/m.py": code + "shutil.rmtree('.', ignore_errors=True)\n"})
    assert verdict.outcome is Outcome.REJECT
    # The control: a tree whose tests are gone before they are looked for has none that fails.
    emptied = court.naive({"src/m.py": code}, "-c \"import m, pytest; print(int(pytest.main(['-q'])))\"")
    assert emptied.stdout.decode().split()[-1] == "5" and b"failed" not in emptied.stdout


def test_escapes_and_markup_in_messages_stay_on_one_printable_line(court: Any) -> None:
    code = f'TEXT = "{ESCAPES}"\ndef double(x):\n    raise RuntimeError(TEXT)\n'
    verdict = court.judge({"src/m.py": code})
    assert verdict.outcome is Outcome.REJECT
    assert "# Verdict: accept" in said(verdict)
    assert all(f.message.isprintable() for f in verdict.findings) and verdict.reason.isprintable()
    # The control: pytest passes the message on as it is.
    assert b"\x1b[2J" in court.naive({"src/m.py": code}, "-m pytest -q --tb=line -s").stdout


def test_a_symlink_in_place_of_the_tests_is_replaced(court: Any, wrong: str) -> None:
    head = {"tests/test_m.py": None, "tests": "def test_nothing():\n    pass\n", "src/m.py": wrong}
    verdict = court.judge(head)
    assert verdict.outcome is Outcome.REJECT
    assert verdict.score == 0.0


def _program(court: Any, code: str, *, show: bool = False) -> str:
    own = court.context.own
    argv = (str(own.executable), "-I", "-c", code)
    result = court.context.run(Command(argv, runtimes=own.runtimes, mounts=(INSIDE,) if show else ()))
    return str(result.stdout.decode())
