"""The App's real processes, in a folder of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from webhooks.ledger import LedgerDeliveries, open_ledger

from .payloads import APP
from .recording import GO, SAID

ROOT = Path(__file__).parents[2]
SECRET = "a secret that is nowhere else"
# Long enough that no wait is about speed: what is waited for ends it.
PATIENCE = 60


def until(true: Callable[[], object], *processes: subprocess.Popen[bytes]) -> None:
    """Wait until something is true, or a process that should bring it about has ended."""
    end = time.monotonic() + PATIENCE
    while not true():
        for process in processes:
            assert process.poll() is None, f"{process.args} ended with {process.returncode}"
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text().split()]
        except OSError:
            continue
    return found


class Host:
    """A machine of its own, as far as Exogate sees."""

    def __init__(self, folder: Path, redis_url: str | None, **environment: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._started: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            # What is not installed is found, though nothing of the directory is.
            "PYTHONPATH": str(ROOT),
            "EXOGATE_DATA_DIR": str(folder),
            "EXOGATE_PERFORMER": "tests.webhooks.recording:performer",
            "EXOGATE_SILENCE": "3",
            "GITHUB_APP_ID": str(APP),
            "GITHUB_APP_PRIVATE_KEY": "-----BEGIN RSA PRIVATE KEY-----",
            "GITHUB_WEBHOOK_SECRET": SECRET,
            **environment,
        }
        for name in ("REDIS_URL", "DATABASE_URL"):
            self.environment.pop(name, None)
        if redis_url is not None:
            self.environment["REDIS_URL"] = redis_url

    def start(self, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start ``python WORDS``; what it says is in ``log``."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env={**self.environment, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._started.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("-m", "webhooks.worker")

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def said(self) -> list[dict[str, Any]]:
        try:
            return [json.loads(line) for line in (self.folder / SAID).read_text().splitlines()]
        except FileNotFoundError:
            return []

    def told(self, what: str, id_: str) -> list[dict[str, Any]]:
        return [line for line in self.said if (line["what"], line["id"]) == (what, id_)]

    def go(self) -> None:
        (self.folder / GO).touch()

    @cached_property
    def ledger(self) -> LedgerDeliveries:
        return open_ledger(f"sqlite:///{self.folder}/ledger.sqlite3")

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait(PATIENCE)
