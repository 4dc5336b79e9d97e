"""`python -m tests.benchmarks.app_job`: carries out jobs and commands, each in a process forked for it, and times them.

A worker of the App forks such a process for each job; so neither way pays for imports that a worker made at its start.
A task is a line of JSON on stdin: the environment, and a job or a command's words. Its seconds are a line on stdout.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from typing import Any

from app.cli import main as command
from app.cli import review as _review  # noqa: F401  loaded when called, otherwise in each process anew
from app.github.api import Patience
from app.github.app_auth import Installations
from app.ledger.ledger import Ledger
from app.pull_review import Services
from app.settings import Settings
from webhooks.jobs import from_json
from webhooks.perform import Turn
from webhooks.performer import AppPerformer

# The half second between two writes is what GitHub asks for, and so its latency.
_AT_ONCE = Patience(between_writes=0)


def main() -> int:
    for line in sys.stdin:
        task = json.loads(line)
        started = time.perf_counter()
        child = os.fork()
        if child == 0:
            _carry_out(task)
        _, status = os.waitpid(child, 0)
        took = time.perf_counter() - started
        print(json.dumps({"seconds": took, "status": os.waitstatus_to_exitcode(status)}), flush=True)
    return 0


def _carry_out(task: dict[str, Any]) -> None:
    """Do it and end this process; what it says is in the task's log."""
    log = os.open(task["log"], os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(task["environment"])
    status = 1
    try:
        if "job" in task:
            _do(task["job"])
            status = 0
        else:
            sys.argv = ["exogate", *task["words"]]
            command()
            status = 0
    except SystemExit as ended:
        status = int(ended.code or 0)
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _do(job: dict[str, Any]) -> None:
    settings = Settings.read(os.environ)
    services = Services(settings, Installations(settings, _AT_ONCE), Ledger.open(settings.database_url))
    made = from_json(job)
    print(AppPerformer(services).perform(made, Turn(made.delivery, attempt=1, superseded=lambda: None)))


if __name__ == "__main__":
    sys.exit(main())
