"""Where there is no sandbox and none of the modules that only POSIX has, gates that read still judge."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from app.demo import sample

# Windows has none of these. What Python's own library took of them before stays as it is.
SCRIPT = """
import sys, importlib.abc, multiprocessing.util, shutil, subprocess, tempfile

class Absent(importlib.abc.MetaPathFinder):
    names = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
    def find_spec(self, name, path, target=None):
        if name in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

for name in Absent.names:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Absent())
from app.cli import main
main()
"""


def test_the_gates_that_read_judge_and_the_others_say_why_not(tmp_path: Path) -> None:
    sample.build(tmp_path / "shop")
    programs = tmp_path / "bin"
    programs.mkdir()
    git = shutil.which("git")
    assert git is not None
    (programs / "git").symlink_to(git)
    asked = ("--base", "main", "--head", "claude/discount", "--format", "json")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "review", "--repo", tmp_path / "shop", *asked],
        env={
            "HOME": str(tmp_path),
            "PATH": str(programs),
            "EXOGATE_CACHE_DIR": str(tmp_path / "cache"),
            "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    verdicts = {verdict["gate"]: verdict for verdict in json.loads(done.stdout)["verdicts"]}
    told = {name for name, verdict in verdicts.items() if verdict["outcome"] == "error"}
    assert told >= {"base-tests", "own-tests", "lint", "types"}
    assert {
        name: verdicts[name]["reason"] for name in told if "No sandbox works here" not in verdicts[name]["reason"]
    } == {}
    assert {"compile", "tampering", "imports", "secrets"} <= {
        name for name, verdict in verdicts.items() if verdict["outcome"] == "accept"
    }
