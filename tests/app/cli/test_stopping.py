"""A review that is stopped ends at once and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Repo

pytestmark = pytest.mark.sandbox

# Where the tests run in the background, they were told not to listen to Ctrl-C, and so would what they start.
LISTENING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "

_SLOW = "import time\n\ndef test_slow():\n    time.sleep(240)\n"


def _sandboxed(pid: int) -> bool:
    """Whether a process below *pid* is bubblewrap's."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in found.splitlines()]
    below = {pid}
    for _ in rows:
        below |= {int(own) for own, parent, _ in rows if int(parent) in below}
    return any(int(own) in below and name.strip() == "bwrap" for own, _, name in rows)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_review_ends_at_once_and_leaves_nothing(
    repo: Repo, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    repo.commit({"a.py": "x = 1\n", "test_a.py": _SLOW})
    repo.branch("change")
    repo.commit({"a.py": "x = 2\n"})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-c", LISTENING + "from app.cli import main; main()"]
    command += ["review", "--repo", str(repo.path), "--base", "main", "--head", "change"]
    environment = {**os.environ, "TMPDIR": str(scratch), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with subprocess.Popen(
        [*command, "--gates", "base-tests", "--python", sys.executable],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True,
    ) as review:  # fmt: skip
        while not _sandboxed(review.pid):
            assert review.poll() is None, review.stderr.read() if review.stderr else ""
            time.sleep(0.1)
        review.send_signal(number)
        _, said = review.communicate(timeout=60)
    assert review.returncode == status
    assert "Stopped." in said
    assert list(scratch.iterdir()) == []
