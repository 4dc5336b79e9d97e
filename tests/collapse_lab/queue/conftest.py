"""A real Redis for the tests of this folder, on a socket of its own; and hosts, which are folders and processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from redis import Redis

# Long enough that no wait is about speed: what is waited for ends it.
PATIENCE = 250


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    pytest.importorskip("redis", reason="needs redis: pip install 'exogate[lab]'")
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("needs redis-server: apt-get install redis-server")
    # Sockets want short paths.
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    settings = ["--port", "0", "--unixsocket", "s", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen([server, *settings], cwd=folder, stdout=subprocess.DEVNULL)
    url = f"unix://{folder}/s"
    try:
        until(lambda: answers(url), process)
        yield url
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


@pytest.fixture
def redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Redis:
    """A connection to the empty server, which the code under test finds by REDIS_URL."""
    from redis import Redis

    monkeypatch.setenv("REDIS_URL", redis_url)
    connection: Redis = Redis.from_url(redis_url)
    connection.flushall()
    return connection


def answers(url: str) -> bool:
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        return bool(Redis.from_url(url).ping())
    except RedisError:
        return False


def until(true: Callable[[], object], *processes: subprocess.Popen[bytes]) -> None:
    """Wait until something is true, or a process that should bring it about has ended."""
    for _ in range(PATIENCE * 50):
        if true():
            return
        assert all(process.poll() is None for process in processes)
        time.sleep(0.02)
    raise AssertionError("it did not come about")


# Where the tests run in the background, they were told not to listen to Ctrl-C, and so would what they start.
LISTENING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "


class Host:
    """A machine of its own, as far as Exogate sees: bases, runs and temporary files in its own folder."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder = folder
        (folder / "tmp").mkdir(parents=True)
        self._environment = {
            **os.environ,
            "XDG_CACHE_HOME": str(folder / "cache"),
            "TMPDIR": str(folder / "tmp"),
            "REDIS_URL": redis_url,
        }

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()

    def start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(
                [sys.executable, "-c", f"{LISTENING}from collapse_lab.cli import main; main()", *map(str, words)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def finish(self, *words: str | Path) -> int:
        return self.start(*words).wait(PATIENCE)


@pytest.fixture
def host(tmp_path: Path, redis_url: str) -> Iterator[Callable[[str], Host]]:
    yield lambda name: Host(tmp_path / name, redis_url)
