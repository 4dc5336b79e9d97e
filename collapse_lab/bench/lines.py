"""Lines of the bench's file: one a step, as JSON, whole or not there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from collapse_lab.bench.plan import Kind
from collapse_lab.whole import whole

Status = Literal["ok", "failed", "late", "absent"]
"""``late`` passed the time limit; ``absent`` could not be run here, and is not taken for done."""


class LinesError(ValueError):
    """A file that holds no lines of the bench; the message says where, and what to do."""


@dataclass(frozen=True)
class Line:
    """What came of one step. ``seconds`` are those of its whole process; ``values`` hold every number measured, lists
    where there were several runs; ``made_on`` the machine, ``versions`` and ``code`` what ran."""

    step: str
    kind: Kind
    status: Status
    seconds: float
    at: str
    why: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    made_on: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)


def read(file: Path) -> list[Line]:
    """Return a file's lines; none where there is no such file. Raises ``LinesError``."""
    if not file.exists():
        return []
    found = []
    known = {one.name for one in fields(Line)}
    for number, text in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
        try:
            row = json.loads(text)
            found.append(Line(**{key: value for key, value in row.items() if key in known}))
        except (ValueError, TypeError, AttributeError) as error:
            raise LinesError(
                f"{file}, line {number}: this is no line of the bench ({error}). Name another file, or take it out."
            ) from error
    return found


def write(file: Path, lines: Sequence[Line]) -> None:
    """Write all lines: a reader sees the old file or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole(file) as part:
        part.write_text("".join(f"{json.dumps(asdict(line), sort_keys=True)}\n" for line in lines), "utf-8")


def latest(lines: Sequence[Line]) -> dict[tuple[str, Kind], Line]:
    """Return the last line of each step and kind of machine, in the order in which these first came."""
    return {(line.step, line.kind): line for line in lines}


def done(lines: Sequence[Line], kind: Kind) -> set[str]:
    """Return the names of the steps that need not be run again."""
    return {step for (step, its), line in latest(lines).items() if its == kind and line.status != "absent"}


def without(lines: Sequence[Line], steps: Sequence[str], kind: Kind) -> list[Line]:
    """Return the lines that are left when those of some steps are forgotten."""
    return [line for line in lines if line.kind != kind or line.step not in steps]
