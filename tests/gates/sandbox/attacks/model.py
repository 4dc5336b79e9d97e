"""An attack, the surroundings it is tried in, and the ways to take a protection away."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.sandbox.spec import MIB, Command, Limits, Mount, Result
from gates.sandbox.supervise import Launch, supervise

TREE = "/exogate/tree"
SMALL = Limits(wall_seconds=20.0, stdout_bytes=MIB, stderr_bytes=MIB // 4)
ROOMY = Limits(wall_seconds=20.0)

# An attack's script defines attack(), which returns evidence when it succeeded. An OSError means that it was stopped;
# any other exception is a mistake in the script, and then neither word is printed.
_BEFORE = """\
import ctypes, errno, json, os, signal, socket, stat, sys, time
W = json.loads(os.environ["WORLD"])
libc = ctypes.CDLL(None, use_errno=True)
X86 = os.uname().machine == "x86_64"
def call(x86, arm, *arguments):
    ctypes.set_errno(0)
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    done = libc.syscall(ctypes.c_long(x86 if X86 else arm), *words)
    if done == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done
def answer(x86, arm, *arguments):
    try:
        call(x86, arm, *arguments)
    except OSError as error:
        return error.errno
    return 0
def read(path):
    with open(path, "rb") as stream:
        return stream.read(1 << 20)
def holds(path):
    return W["canary"] if W["canary"].encode() in read(path) else None
"""
_AFTER = """
try:
    evidence, stopped = attack(), "the attack found nothing"
except (OSError, MemoryError, RuntimeError) as error:
    evidence, stopped = None, repr(error)
print("BREACH" if evidence else "HELD", evidence or stopped, flush=True)
"""


@dataclass(frozen=True)
class World:
    """The host around a sandbox: files, a process and sockets of the test's own."""

    directory: Path
    canary: str
    victim: subprocess.Popen[bytes]
    facts: dict[str, object]
    heard: Callable[[], bool]

    @property
    def tree(self) -> Path:
        """The directory that is mounted, with a symlink in it that leads outside."""
        return self.directory / "tree"

    @property
    def runtime(self) -> Path:
        """A directory shown as a runtime."""
        return self.directory / "runtime"

    @property
    def secret(self) -> Path:
        """A file beside the tree."""
        return self.directory / "outside" / "secret.txt"

    def environment(self) -> dict[str, str]:
        """The variable from which a script learns what to look for."""
        return {"WORLD": json.dumps(self.facts)}


def command(attack: Attack, world: World) -> Command:
    """Return the attack as a sandbox gets it."""
    python = Interpreter.own()
    return Command(
        (str(python.executable), "-I", "-S", "-c", _BEFORE + attack.script + _AFTER),
        env=world.environment(),
        mounts=(Mount(world.tree, TREE),),
        runtimes=(*python.runtimes, world.runtime),
        limits=attack.limits,
    )


Without = Callable[[Command, Any], Result]
Probe = Callable[[World, Result], bool]


def said(word: str) -> Probe:
    """Return a probe: the script came to its end and printed *word*."""
    return lambda _, result: result.stdout.startswith(word.encode())


def killed(why: str) -> Probe:
    """Return a probe: the sandbox ended the command, for this reason."""
    return lambda _, result: result.killed is not None and why in result.killed and b"BREACH" not in result.stdout


def either(*probes: Probe) -> Probe:
    """Return a probe that is content with any of these."""
    return lambda world, result: any(probe(world, result) for probe in probes)


BREACHED, HELD = said("BREACH"), said("HELD")


@dataclass(frozen=True)
class Attack:
    """One attack. ``succeeded`` and ``held`` are asked of the same run, and exactly one of them must be true."""

    name: str
    tries: str
    script: str
    without: Without
    limits: Limits = SMALL
    succeeded: Probe = BREACHED
    held: Probe = HELD


@dataclass(frozen=True)
class Weakened(Bubblewrap):
    """Bubblewrap with a protection taken away."""

    edit: Callable[[list[str]], list[str]] = list
    filtered: bool = True

    def arguments(self, command: Command) -> Sequence[str]:
        return self.edit(list(super().arguments(command)))

    def system_calls(self) -> bytes | None:
        return super().system_calls() if self.filtered else None


# The arguments by which bwrap's own process, the first one, cannot be looked into.
FIRST_PROCESS_HIDDEN = ("--size", "4096", "--tmpfs", "/proc/1", "--remount-ro", "/proc/1")


def without(*words: str) -> Without:
    """Take some consecutive arguments of bwrap away."""

    def edit(args: list[str]) -> list[str]:
        places = [n for n in range(len(args)) if args[n : n + len(words)] == list(words)]
        assert places, f"bwrap is not started with {words}"
        return args[: places[-1]] + args[places[-1] + len(words) :]

    return lambda command, _: Weakened(edit=edit).run(command)


def writable(target: Callable[[World], str]) -> Without:
    """Show *target* writable."""

    def run(command: Command, world: World) -> Result:
        def edit(args: list[str]) -> list[str]:
            place = args.index(target(world), args.index("--ro-bind"))
            while args[place - 2] != "--ro-bind" or args[place] != target(world):
                place = args.index(target(world), place + 1)
            return [*args[: place - 2], "--bind", *args[place - 1 :]]

        return Weakened(edit=edit).run(command)

    return run


def with_more(*words: str) -> Without:
    """Give bwrap further arguments, before the file systems are made read-only."""

    def edit(args: list[str]) -> list[str]:
        place = max(n for n in range(len(args)) if args[n : n + 2] == ["--remount-ro", "/proc"])
        return [*args[:place], *words, *args[place:]]

    return lambda command, _: Weakened(edit=edit).run(command)


def unfiltered(command: Command, _: World) -> Result:
    """Let all system calls through."""
    return Weakened(filtered=False).run(command)


def roomy(**limits: int | float) -> Without:
    """Raise the limits."""
    return lambda command, _: Bubblewrap().run(replace(command, limits=replace(command.limits, **limits)))  # type: ignore[arg-type]


def unsandboxed(command: Command, world: World, wrap: Sequence[str] = ()) -> Result:
    """Run it as a plain process, in a directory that is thrown away."""
    scratch = world.directory / "plain"
    scratch.mkdir()
    with world.secret.open("rb") as stream:
        os.set_inheritable(stream.fileno(), True)
        launch = Launch(
            [*wrap, *command.argv],
            {**os.environ, **command.env, "SECRET": world.canary},
            cwd=scratch,
            inherited=(stream.fileno(),),
        )
        return supervise(launch, world.canary.encode(), replace(ROOMY, wall_seconds=command.limits.wall_seconds + 1))


def beside(command: Command, world: World) -> Result:
    """Run it as a plain process below a parent that may be harmed."""
    return unsandboxed(command, world, ("/bin/sh", "-c", '"$@"; exit 0', "sh"))
