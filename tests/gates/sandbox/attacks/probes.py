"""Probes that look at the host rather than at what a script said."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from gates.sandbox.spec import Result
from tests.gates.sandbox.attacks.model import World


def victim_died(world: World, _: Result) -> bool:
    """Whether the host's process is gone."""
    try:
        world.victim.wait(timeout=0.3)
    except subprocess.TimeoutExpired:
        return False
    return True


def processes_with(word: bytes) -> list[int]:
    """Return the processes on this machine that have *word* among their arguments."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if word in (entry / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def daemons(world: World) -> list[int]:
    """Return the processes on this machine that carry the world's word for daemons."""
    return processes_with(str(world.facts["daemon_word"]).encode())


def lives_on(world: World, _: Result) -> bool:
    """Whether something of the attack still runs. It is looked for at once: nothing may be left when a run returns."""
    return bool(daemons(world))


def was_heard(world: World, _: Result) -> bool:
    """Whether the host's datagram socket got anything."""
    time.sleep(0.05)
    return world.heard()
