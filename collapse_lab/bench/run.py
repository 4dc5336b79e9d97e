"""Runs steps, each in a process of its own and no longer than it may take."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collapse_lab.bench import origin
from collapse_lab.bench.lines import Line, read, write
from collapse_lab.bench.plan import Kind, Step

# What `models.device` reads; it is not imported here, since it brings torch.
_DEVICE = "COLLAPSE_LAB_DEVICE"
_TAIL = 300


def run(
    steps: Sequence[Step],
    kind: Kind,
    file: Path,
    limit: float,
    told: Callable[[Line], None],
    sources: Mapping[str, str] | None = None,
) -> None:
    """Run steps in their order; each line is in *file* before the next begins, and *told* hears of it.

    A step that takes longer than *limit* seconds is ended with all that it started. Raises ``LinesError``.
    """
    runs = file.parent / f"{file.stem}-runs" / kind
    for step in steps:
        line = one(step, kind, runs, limit, sources or {})
        write(file, [*read(file), line])
        told(line)


def one(step: Step, kind: Kind, runs: Path, limit: float, sources: Mapping[str, str]) -> Line:
    """Return the line of one step."""
    at, began = datetime.now(UTC), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="collapse-lab-bench-") as folder:
        into = Path(folder) / "line.json"
        command = [sys.executable, "-m", "collapse_lab.bench.step", step.name, "--kind", kind, "--into", str(into)]
        command += ["--runs", str(runs.resolve())]
        command += [word for name, place in sources.items() for word in ("--source", f"{name}={place}")]
        said = _ended(command, kind, limit, Path(folder) / "log")
        found = _found(into, said, limit)
    return Line(
        step=step.name,
        kind=kind,
        seconds=round(time.monotonic() - began, 1),
        at=at.isoformat(timespec="seconds"),
        versions=origin.versions(),
        code=origin.code(),
        **found,
    )


def _ended(command: Sequence[str], kind: Kind, limit: float, log: Path) -> str | None:
    """Run a command to its end; return its last words, ``None`` where it was ended for its time."""
    device = {_DEVICE: "cpu", "CUDA_VISIBLE_DEVICES": ""} if kind == "cpu" else {}
    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false", **device}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    with log.open("wb") as handle:
        # A session of its own, so that everything in it can be ended together.
        process = subprocess.Popen(command, stdout=handle, stderr=handle, env=environment, start_new_session=True)
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end_all(process)
    return log.read_text("utf-8", "replace").strip()[-_TAIL:]


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a step's processes, after an interruption, too."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def _found(into: Path, said: str | None, limit: float) -> dict[str, Any]:
    if into.is_file():
        found: dict[str, Any] = json.loads(into.read_text("utf-8"))
        return found
    if said is None:
        return {
            "status": "late",
            "why": f"It was not through after {limit / 60:g} minutes, and was ended (--again: once more).",
        }
    last = said.splitlines()[-1] if said else "it said nothing"
    return {"status": "failed", "why": f"Its process ended without a word of what it measured: {last}"}
