from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import Any

from gates import toolrun

FORKS = toolrun.INSIDE.source


def forks(body: str) -> Any:
    """Run *body* where ``forks`` is imported, in a process of its own (forking this one would copy the test run)."""
    script = (
        "import json, os, sys, time\nsys.path.insert(0, sys.argv[1])\nfrom forks import each_forked, halving, sharing\n"
    )
    script += textwrap.dedent(body) + "\nprint(json.dumps(out))\n"
    argv = [sys.executable, "-I", "-c", script, str(FORKS)]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.splitlines()[-1])


def test_every_task_is_done_in_a_process_of_its_own() -> None:
    out = forks(
        """
        seen = []
        def work(task):
            seen.append(task)
            return [task, os.getpid(), seen]
        out = [os.getpid(), list(each_forked(list(range(5)), work, 2, 30))]
        """
    )
    parent, done = out
    assert sorted(task for task, _, _ in done) == list(range(5))
    assert all(problem is None and value[0] == task and value[2] == [task] for task, value, problem in done)
    assert len({value[1] for _, value, _ in done} | {parent}) == 6


def test_a_child_that_fails_harms_no_other() -> None:
    out = forks(
        """
        def work(task):
            if task == "raise":
                raise ValueError("tired")
            if task == "exit":
                sys.exit(3)
            if task == "leave":
                os._exit(0)
            if task == "die":
                os.kill(os.getpid(), 11)
            if task == "hang":
                time.sleep(60)
            if task == "not json":
                return object()
            return "x" * 300_000 if task == "long" else task
        tasks = ["a", "raise", "exit", "leave", "die", "hang", "not json", "long", "b"]
        out = {task: [value and len(value), problem] for task, value, problem in each_forked(tasks, work, 3, 2)}
        """
    )
    assert out["a"] == out["b"] == [1, None]
    assert out["long"] == [300_000, None]
    assert out["raise"] == [None, "it failed: ValueError: tired"]
    assert "SystemExit" in out["exit"][1]
    assert "damaged" in out["leave"][1]
    assert "SIGSEGV" in out["die"][1]
    assert "longer than 2 s" in out["hang"][1]
    assert "not JSON serializable" in out["not json"][1]


def test_children_are_gone_when_nobody_waits_for_them() -> None:
    pid = forks(
        """
        def work(task):
            time.sleep(0 if task == 0 else 60)
            return os.getpid()
        ended = each_forked([0, 1], work, 2, 30)
        first = next(ended)
        ended.close()
        try:
            os.waitpid(-1, os.WNOHANG)
            out = "children are left"
        except ChildProcessError:
            out = "none"
        """
    )
    assert pid == "none"


def test_what_fails_together_is_tried_in_halves() -> None:
    out = forks(
        """
        def work(tasks):
            if 3 in tasks:
                os._exit(1)
            return [[t, len(tasks)] for t in tasks]
        out = list(halving(list(range(8)), work, 2, 30))
        """
    )
    assert [task for task, _, _ in out] == list(range(8))
    assert [task for task, _, problem in out if problem is not None] == [3]
    assert out[7][1] == [7, 4]
    assert forks("out = list(halving([], None, 2, 30))") == []


def test_what_shares_a_process_may_stop_early_and_loses_only_what_fails() -> None:
    out = forks(
        """
        def work(tasks):
            done = []
            for task in tasks:
                if task == 7:
                    os._exit(1)
                done.append([task, os.getpid()])
                if task == 2:
                    break
            return done
        out = list(sharing(list(range(9)), work, 4, 2, 30))
        """
    )
    assert sorted(task for task, _, _ in out) == list(range(9))
    assert [task for task, _, problem in out if problem is not None] == [7]
    process = {task: value[1] for task, value, problem in out if problem is None}
    assert process[0] == process[1] == process[2] != process[3]
    assert len({process[4], process[5], process[6], process[8]}) == 4


def test_many_tasks_are_shared_among_processes() -> None:
    out = forks(
        """
        def work(tasks):
            return [[os.getpid(), len(tasks)] for t in tasks]
        out = list(halving(list(range(301)), work, 2, 30))
        """
    )
    assert sorted(task for task, _, _ in out) == list(range(301))
    assert len({value[0] for _, value, _ in out}) == 2
    assert {value[1] for _, value, _ in out} == {151, 150}


def test_a_channel_that_was_closed_cannot_report() -> None:
    script = (
        "import os, sys\nsys.path.insert(0, sys.argv[1])\nfrom channel import Channel\nc = Channel()\n"
        "pid = os.fork()\nif pid == 0:\n    c.close()\n    try:\n        c.send({'n': 1})\n    except OSError:\n"
        "        os._exit(7)\n    os._exit(0)\n"
        "c.send({'child': os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])})\nc.finish()\n"
    )
    argv = [sys.executable, "-I", "-c", script, str(FORKS)]
    done = subprocess.run(argv, input=b"nonce\n{}", capture_output=True, check=True, env=dict(os.environ))
    assert done.stdout == b'nonce {"child": 7}\nnonce end\n'
