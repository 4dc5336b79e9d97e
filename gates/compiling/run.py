"""Many sources compiled by one interpreter in one run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gates import inside
from gates.gate import Context, CouldNotJudgeError
from gates.interpreter import Interpreter
from gates.plain import run_plain
from gates.sandbox.spec import MIB, Command, Limits, Mount, Result

_SCRIPT = Mount(Path(inside.__file__).parent / "compile_files.py", "/exogate/compile_files.py")
# Wall time for a whole run, and for one file; CPU is not limited apart, since one process judges many files.
_RUN_SECONDS = 600
_FILE_SECONDS = 20.0
_KINDS = frozenset({"ok", "syntax", "text", "limit", "crash"})


@dataclass(frozen=True, slots=True)
class Job:
    """One source to judge: its index in the run's sources, a mode of the script, the grammar's minor version."""

    source: int
    mode: str
    minor: int | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the compiler said of one job; ``kind`` is ``ok`` or why not (see ``inside/compile_files.py``)."""

    kind: str
    line: int | None = None
    message: str = ""


def compile_all(
    context: Context, interpreter: Interpreter, sources: Sequence[bytes], jobs: Sequence[Job]
) -> list[Compiled | None]:
    """Return what *interpreter* says of each job; ``None`` where the time was over before its turn.

    In the sandbox where there is one. Without, in a plain process of its own: compiling runs none of the code that
    it reads, so this is safe where running a test would not be. Raises ``CouldNotJudgeError`` where the interpreter
    does not start.
    """
    header = {
        "sizes": [len(s) for s in sources],
        "jobs": [[j.source, j.mode, j.minor] for j in jobs],
        "seconds": _FILE_SECONDS,
    }
    stdin = b"".join((json.dumps(header).encode("ascii"), b"\n", *sources))
    result = _run(context, interpreter, stdin)
    answers = _read(result.stdout, len(jobs))
    if not result.ok and result.killed is None:
        said = result.stderr.decode("utf-8", "replace").strip()[-300:]
        raise CouldNotJudgeError(f"{interpreter.executable} could not be used to compile: {said or result.exit_code}.")
    return answers


def _run(context: Context, interpreter: Interpreter, stdin: bytes) -> Result:
    limits = Limits(wall_seconds=_RUN_SECONDS, cpu_seconds=_RUN_SECONDS, stdout_bytes=256 * MIB)
    start = (str(interpreter.executable), "-I", "-S")
    if context.sandbox is not None:
        argv = (*start, context.sandbox.locate(_SCRIPT))
        return context.run(Command(argv, stdin=stdin, mounts=(_SCRIPT,), runtimes=interpreter.runtimes, limits=limits))
    return run_plain(context, (*start, str(_SCRIPT.source)), stdin, _RUN_SECONDS)


def _read(stdout: bytes, count: int) -> list[Compiled | None]:
    answers: list[Compiled | None] = [None] * count
    for line in stdout.split(b"\n")[:-1]:
        index, kind, number, message = json.loads(line)
        if kind in _KINDS and 0 <= index < count:
            answers[index] = Compiled(kind, number, message)
    return answers
