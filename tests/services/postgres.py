"""A PostgreSQL server that is thrown away: on a socket in a directory of its own, without a port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
_USER = "exogate"
# Nothing here outlives the tests, so nothing need survive a power cut.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "40",
    "shared_buffers": "16MB",
}


def binaries() -> Path | None:
    """Return the directory of the server's programs, ``None`` where there are none that can be run here."""
    found = shutil.which("initdb")
    places = [*_PLACES, *([Path(found).parent] if found else [])]
    place = next((path for path in places if (path / "initdb").exists() and (path / "postgres").exists()), None)
    return place if place and (os.geteuid() or _other_user()) else None


def _other_user() -> str | None:
    """Return the account that runs the server where we are root, which it refuses to run as."""
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        if shutil.which("runuser"):
            return name
    return None


class PostgresServer:
    """One server with its data; ``new_database`` gives the address of an empty database in it."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # The path of a socket may not be longer than about a hundred characters.
        self.home = Path(tempfile.mkdtemp(prefix="exogate-pg-", dir="/tmp"))
        if not os.geteuid():
            shutil.chown(self.home, _other_user())
        self._data = self.home / "data"
        self._numbers = count(1)
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-U", _USER, "-D", self._data)
        settings = {**_SETTINGS, "unix_socket_directories": str(self.home)}
        self._options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = self.home / "log"
        self._run("pg_ctl", "start", "--wait", "-D", self._data, "-l", log, "-o", self._options)

    def stop(self) -> None:
        """Cut every connection and stop."""
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate", "-D", self._data)

    def close(self) -> None:
        """Stop the server and remove what it held."""
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.home)

    def new_database(self) -> str:
        """Return the address of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        self._run("createdb", "-h", self.home, "-U", _USER, name)
        return self.address(name)

    def address(self, database: str) -> str:
        """Return the address of *database*."""
        return f"postgresql://{_USER}@/{database}?host={self.home}"

    def _run(self, program: str, *args: object) -> None:
        user = [] if os.geteuid() else ["runuser", "-u", str(_other_user()), "--"]
        command = [*user, str(self._programs / program), *map(str, args)]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        # The server keeps what it is started with open: a pipe would never end.
        with tempfile.TemporaryFile() as out:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/", env=environment, check=False
            )
            out.seek(0)
            said = out.read().decode("utf-8", "replace")
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}: {said}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for all tests of a process. Whoever stops it starts it again."""
    programs = binaries()
    if programs is None:
        pytest.skip("needs PostgreSQL's server programs: apt-get install postgresql")
    server = PostgresServer(programs)
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of a new, empty database."""
    return postgres_server.new_database()
