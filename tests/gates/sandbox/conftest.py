"""The host around the attacks: a secret, a process and sockets, all of them the test's own."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.gates.sandbox.attacks.model import World
from tests.gates.sandbox.attacks.probes import daemons

_ORDINARY_DEVICES = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "fd", "core"}


def _listening(stack: ExitStack, family: int, kind: int, address: object) -> socket.socket:
    server = stack.enter_context(socket.socket(family, kind))
    server.bind(address)  # type: ignore[arg-type]
    if kind == socket.SOCK_STREAM:
        server.listen(8)
    return server


def _device() -> str:
    names = {entry.name for entry in Path("/dev").iterdir()} - _ORDINARY_DEVICES
    return str(Path("/dev", sorted(name for name in names if not name.startswith("std"))[0]))


@pytest.fixture
def make_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], World]]:
    """Return a maker of worlds; what they started is ended afterwards."""
    made: list[World] = []
    with ExitStack() as stack:

        def make() -> World:
            directory = tmp_path_factory.mktemp("world")
            canary, abstract, word = uuid.uuid4().hex, uuid.uuid4().hex, uuid.uuid4().hex
            _lay_out(directory, canary)
            # A shell that waits for a line; its name is the word by which an attack may find it.
            victim = subprocess.Popen(
                ["/bin/sh", "-c", "read line", word], env={"SECRET": canary}, cwd="/", stdin=subprocess.PIPE
            )
            stack.callback(victim.communicate)
            stack.callback(victim.kill)
            tcp = _listening(stack, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
            udp = _listening(stack, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
            _listening(stack, socket.AF_UNIX, socket.SOCK_STREAM, "\0" + abstract)
            facts: dict[str, object] = {
                "canary": canary,
                "secret": str(directory / "outside" / "secret.txt"),
                "tree": str(directory / "tree"),
                "runtime": str(directory / "runtime"),
                "victim": victim.pid,
                "victim_word": word,
                "daemon_word": uuid.uuid4().hex,
                "tcp": tcp.getsockname()[1],
                "udp": udp.getsockname()[1],
                "abstract": abstract,
                "hostname": socket.gethostname(),
                "device": _device(),
            }
            world = World(directory, canary, victim, facts, lambda: bool(select.select([udp], [], [], 0)[0]))
            made.append(world)
            return world

        yield make
        for world in made:
            for pid in daemons(world):
                os.kill(pid, signal.SIGKILL)


def _lay_out(directory: Path, canary: str) -> None:
    for name in ("outside", "tree", "runtime"):
        (directory / name).mkdir()
    (directory / "outside" / "secret.txt").write_text(canary)
    (directory / "tree" / "module.py").write_text("value = 1\n")
    (directory / "tree" / "absolute").symlink_to(directory / "outside" / "secret.txt")
    (directory / "tree" / "relative").symlink_to("../outside/secret.txt")
    (directory / "runtime" / "module.py").write_text("value = 1\n")
