"""A command run on one tree in the sandbox, and the base's run kept for later."""

from __future__ import annotations

import base64
import binascii
import math
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from gates.cache import key_of
from gates.change import Snapshot
from gates.foreign.settings import CommandSettings, argv
from gates.gate import Context
from gates.sandbox.spec import MIB, Limits, Mount
from gates.toolrun import locate, run_script

SCRIPT = "run_command.py"
TREE = "/exogate/tree"
# A third more in base64, which must stay below the 16 MiB that the channel takes.
MOST_REPORT_BYTES = 8 * MIB
# Changes with what a run's records say.
VERSION = "1"
# Copying the tree and reading the reports, beside the commands' own time.
_GRACE_SECONDS = 30.0
# Runtimes that reserve address space they never touch (Go, the JVM, WebAssembly in node: 10 GiB a module) cannot
# start under a small limit. What is really used is bounded by ``total_memory_bytes``.
_ADDRESS_SPACE = 256 * 1024 * MIB


@dataclass(frozen=True)
class Run:
    """How a command ended on one side.

    ``end`` is ``exit``, ``timeout`` or ``missing`` (the program could not be started); ``step`` is the step that ended
    so, ``setup`` only where that failed and nothing else ran. ``problem`` says why the reports cannot be read.
    """

    step: str
    end: str
    status: int | None
    seconds: float
    tail: str
    root: str = ""
    reports: tuple[bytes, ...] = ()
    problem: str | None = None

    @property
    def finished(self) -> bool:
        """Whether the command itself ran to an end of its own, be it a failure."""
        return self.step == "run" and self.end == "exit"

    @property
    def passed(self) -> bool:
        """Whether the command itself ran and ended with status 0."""
        return self.finished and self.status == 0

    @property
    def missing(self) -> bool:
        """Whether a program was not found; 127 is the shell's word for it (POSIX, 2.8.2)."""
        return self.end == "missing" or self.status == 127

    def ended(self) -> str:
        """Return how it ended, in words that follow the command's name."""
        what = "its setup " if self.step == "setup" else ""
        if self.end == "timeout":
            return f"{what}did not end within the time it has (seconds)"
        if self.end == "missing":
            return f"{what}could not be started ({self.tail})"
        return f"{what}ended with status {self.status}"


def run_on(context: Context, snapshot: Snapshot, command: CommandSettings) -> Run:
    """Run *command* on a tree. Raises ``CouldNotJudgeError`` as ``run_script`` does."""
    return _assemble(_records(context, snapshot, command))


def _records(context: Context, snapshot: Snapshot, command: CommandSettings) -> list[dict[str, Any]]:
    tree = Mount(context.workspace.tree(snapshot), TREE)
    job = {
        "tree": locate(context, tree),
        "setup": argv(command.setup) if command.setup else [],
        "run": argv(command.run),
        "seconds": command.seconds,
        "env": dict(command.env),
        "report": command.report,
        "report_bytes": MOST_REPORT_BYTES,
    }
    seconds = command.seconds * (2 if command.setup else 1) + _GRACE_SECONDS
    limits = Limits(wall_seconds=seconds, cpu_seconds=math.ceil(seconds), memory_bytes=_ADDRESS_SPACE)
    return run_script(context, context.own, SCRIPT, job, (tree,), limits)


def _assemble(records: list[dict[str, Any]]) -> Run:
    steps = [record for record in records if "step" in record]
    last = steps[-1]
    return Run(
        step=last["step"],
        end=last["end"],
        status=last["status"],
        seconds=last["seconds"],
        tail=last["tail"],
        root=next((r["root"] for r in records if "root" in r), ""),
        reports=tuple(base64.b64decode(r["data"]) for r in records if "report" in r),
        problem=next((r["problem"] for r in records if "problem" in r), None),
    )


@dataclass(frozen=True)
class BaseRuns:
    """Runs on base trees, each made once in a review and kept in the cache after it.

    Only a run that ended by itself is kept. A kept one may be older than the programs of this machine: ``again``
    makes it anew, for when it matters.
    """

    context: Context
    _locks: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    _fresh: dict[str, Run] = field(default_factory=dict)

    def get(self, snapshot: Snapshot, command: CommandSettings) -> Run:
        """Return the command's run on *snapshot*, a new one or a kept one."""
        key = self._key(snapshot, command)
        with self._locks[key]:
            if key in self._fresh:
                return self._fresh[key]
            kept = _readable(self.context.cache.get(key))
            return kept if kept is not None else self._make(key, snapshot, command)

    def again(self, snapshot: Snapshot, command: CommandSettings) -> Run:
        """Return a run that was made in this review."""
        key = self._key(snapshot, command)
        with self._locks[key]:
            return self._fresh.get(key) or self._make(key, snapshot, command)

    def _make(self, key: str, snapshot: Snapshot, command: CommandSettings) -> Run:
        records = _records(self.context, snapshot, command)
        run = self._fresh[key] = _assemble(records)
        if run.end == "exit" and not run.missing:
            self.context.cache.put(key, records)
        return run

    def _key(self, snapshot: Snapshot, command: CommandSettings) -> str:
        sandbox = self.context.sandbox.name if self.context.sandbox is not None else None
        spec = command.model_dump(mode="json", exclude={"commands", "paths", "from_base", "more_from_base"})
        return key_of(SCRIPT, VERSION, sandbox, snapshot.id, spec)


def _readable(records: Any) -> Run | None:
    """Return a kept run; ``None`` where the cache's file is not what was put there."""
    try:
        return _assemble(records) if records is not None else None
    except (TypeError, KeyError, IndexError, AttributeError, binascii.Error):
        return None
