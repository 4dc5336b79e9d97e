"""How fast a webhook is acknowledged: `exogate serve` against a minimal Probot app that does the same work.

Both verify the signature, put a job into the same Redis (AOF on) under the delivery's id, so that a duplicate is no
second job, and answer; both have two processes and write their usual log. Ours also puts the delivery into the outbox,
for the ledger, and looks which head of the pull request is the newest. Probot enqueues with BullMQ, as its users do.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.benchmarks.load import LoadError, Outcome, Plan, deliver
from tests.benchmarks.timing import Line, Skipped, line, run
from tests.payloads import examples
from tests.services.redis import RedisServer, binary
from tests.standin.apps import private_key

_PROBOT = Path(__file__).parent / "probot"
_PROCESSES = 2
_CONNECTIONS = 32
_SECRET = "the same for both"
_PAIRS, _BURST = 5, 3000
_RUNS, _RATE, _SECONDS = 3, 200, 10
# Where sending takes more of a core, it is sending that is measured.
_MOST_BUSY = 0.8
_PATIENCE = 60.0


@dataclass
class _Server:
    """One of the two, running; ``path`` and ``answer`` are what it listens to and what it says of a new delivery."""

    port: int
    path: str
    answer: int
    payload: dict[str, Any]
    numbers: Iterator[int] = field(default_factory=lambda: count(1, 1_000_000))

    def take(self, deliveries: int, rate: float | None = None) -> Outcome:
        plan = Plan(
            self.port,
            self.path,
            _SECRET,
            self.payload,
            self.answer,
            first=next(self.numbers),
            count=deliveries,
            connections=_CONNECTIONS,
            rate=rate,
        )
        outcome = deliver(plan)
        if outcome.busy > _MOST_BUSY:
            raise LoadError(f"Sending took {outcome.busy:.0%} of a core, so it was not the server that was measured.")
        return outcome


def measure(scratch: Path) -> Iterator[Line | Skipped]:
    """Yield the ratio of throughputs and the 99th percentiles at a steady rate; rounds take both in turn."""
    if why := _missing():
        yield Skipped(f"webhook acknowledgement against Probot: {why}")
        return
    payload = next(p for name, p in examples() if (name, p.get("action")) == ("pull_request", "synchronize"))
    with ExitStack() as stack:
        redis = stack.enter_context(_redis())
        ours = stack.enter_context(_exogate(scratch, redis, payload))
        probot = stack.enter_context(_probot(scratch, redis, payload))
        for server in (ours, probot):  # the first deliveries load what the others find loaded
            server.take(300)
        yield from _throughput(ours, probot)
        yield from _at_a_steady_rate(ours, probot)


def _missing() -> str:
    if shutil.which("npm") is None:
        return "npm is missing (apt-get install npm)."
    if not examples():
        return "GitHub's example payloads are not installed (make node)."
    if binary() is None:
        return "redis-server is missing (apt-get install redis-server)."
    return ""


def _throughput(ours: _Server, probot: _Server) -> Iterator[Line]:
    rates: dict[str, list[float]] = {"ours": [], "Probot": []}
    for _ in range(_PAIRS):
        for name, server in (("ours", ours), ("Probot", probot)):
            rates[name].append(_BURST / server.take(_BURST).seconds)
    ratios = [a / b for a, b in zip(*rates.values(), strict=True)]
    absolute = ", ".join(f"{name} {median(found):.0f}" for name, found in rates.items())
    yield line(f"webhooks answered a second / Probot ({absolute})", ratios, "x", 1.0, at_most=False)


def _at_a_steady_rate(ours: _Server, probot: _Server) -> Iterator[Line]:
    slowest: dict[str, list[float]] = {"ours": [], "Probot": []}
    for _ in range(_RUNS):
        for name, server in (("ours", ours), ("Probot", probot)):
            taken = server.take(_RATE * _SECONDS, _RATE)
            slowest[name].append(quantiles(taken.milliseconds, n=100)[98])
    beside = f"Probot {median(slowest['Probot']):.1f} ms"
    yield line(f"webhooks at {_RATE} a second, 99th percentile ({beside})", slowest["ours"], "ms", 25.0)


@contextmanager
def _redis() -> Iterator[RedisServer]:
    program = binary()
    assert program is not None, "it was looked for before"
    # Sockets want short paths.
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(program, Path(folder))
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def _exogate(scratch: Path, redis: RedisServer, payload: dict[str, Any]) -> Iterator[_Server]:
    port = _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "EXOGATE_DATA_DIR": str(scratch / "data"),
        "REDIS_URL": redis.url,
        "GITHUB_APP_ID": "1",
        "GITHUB_APP_PRIVATE_KEY": private_key(),
        "GITHUB_WEBHOOK_SECRET": _SECRET,
    }
    command = [Path(sys.executable).with_name("exogate"), "serve", "--port", str(port), "--processes", str(_PROCESSES)]
    with _running(command, environment, scratch / "exogate.log", port):
        yield _Server(port, "/webhooks/github", 202, payload)


@contextmanager
def _probot(scratch: Path, redis: RedisServer, payload: dict[str, Any]) -> Iterator[_Server]:
    run("npm", "ci", "--prefix", _PROBOT, "--silent", "--ignore-scripts", "--no-audit", "--no-fund")
    port = _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "NODE_ENV": "production",
        "PROCESSES": str(_PROCESSES),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "QUEUE_SOCKET": redis.url.removeprefix("unix://"),
        "APP_ID": "1",
        "PRIVATE_KEY": private_key(),
        "WEBHOOK_SECRET": _SECRET,
    }
    with _running(["node", _PROBOT / "app.js"], environment, scratch / "probot.log", port):
        # Probot answers 200 once its handlers are done.
        yield _Server(port, "/api/github/webhooks", 200, payload)


@contextmanager
def _running(command: list[Any], environment: dict[str, str], log: Path, port: int) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, cwd=log.parent, stdout=out, stderr=out)
    try:
        end = time.monotonic() + _PATIENCE
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > end:
                raise LoadError(f"{command[0]} did not start: {log.read_text('utf-8')[-1500:]}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
