"""What the gates that run a tool on base and head share: the plan of one change, and comments that are not heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gates import suppressions
from gates.change import Change, FileChange, Snapshot
from gates.interpreter import Interpreter
from gates.pyversions import newer_than
from gates.verdict import Finding, Verdict

SideT = TypeVar("SideT")


@dataclass(frozen=True)
class Plan(Generic[SideT]):
    """One change before its verdict: what to judge on either side, and what is known without the tool.

    ``head`` is ``None`` where there is nothing to judge, or where ``problem`` says why it cannot be.
    """

    change: Change
    head: SideT | None
    base: SideT | None = None
    notes: tuple[Finding, ...] = field(default=())
    problem: str | None = None

    def unjudged(self, gate: str) -> Verdict | None:
        """Return the verdict where no tool is needed for it, else ``None``."""
        if self.problem is not None:
            return Verdict.error(gate, self.problem, findings=self.notes)
        return Verdict.skip(gate, "The change has no Python file.") if self.head is None else None


def too_new(tool: str, path: str, base: Snapshot, own: Interpreter) -> str | None:
    """Return why *tool* may have refused a sound file: the base asks for a Python newer than *own*, which runs it."""
    said = newer_than(base, own.version[1])
    if said is None:
        return None
    asked, here = f"3.{said.minors[0]}", f"3.{own.version[1]}"
    return (
        f"{tool} runs in Python {here} here and cannot parse {path}, and {said.source} asks for Python {asked}: the "
        f"grammar may be newer. Run Exogate in Python {asked}."
    )


def unheard(
    change: Change, files: Sequence[FileChange], tools: tuple[str, ...]
) -> tuple[list[Finding], tuple[tuple[str, str], ...]]:
    """Return a finding for each suppressing comment that the change wrote, and the files' texts without them.

    The texts, (path, source) pairs, are of those files that have any such comment.
    """
    notes: list[Finding] = []
    texts = []
    for file in files:
        new = suppressions.written(change, file, tools)
        notes += [suppressions.as_finding(file.path, s) for s in new]
        if new:
            source = suppressions.without(change.head.read(file.path), new)
            texts.append((file.path, source.decode("utf-8", "surrogateescape")))
    return notes, tuple(texts)
