"""Runs programs in the sandbox, a forked child for each, and compares outside what they return.

One template process a core (``inside/template.py``) is started through the gates' sandbox with a batch of programs
on its standard input, and forks a child for each: a start of the sandbox costs tens of milliseconds, a fork less than
one. ``Sandbox.run`` takes a command from start to end, which is enough: a batch is a command, so that the harness
works with every back-end and needs nothing from them that the gates do not. Expected values stay here.

What a sample may do is bounded three times: by the sandbox (no network, no host, a read-only root), by limits and a
filter of system calls in its own process (``filter.py``), and by starting over: a batch ends early when a sample left
files behind, and a sandbox that dies is replaced and the sample it died with is run once more, alone. No sample is
lost, and none answers for another.

Verdicts hang on processor time. The wall clock is a backstop for programs that *sleep*: it counts only time in which
the program did not ask for a processor, so a busy machine ends nothing. A sleeping program is ``killed`` after
``wall_factor x cpu_seconds`` of that, busy machine or not. A program that ends its own process (``os._exit``, a
crash of the interpreter) is ``killed`` as well. Python's hash seed and ``random`` start the same in every sample.
"""

from __future__ import annotations

import glob
import marshal
import math
import os
import re
import struct
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import collapse_lab.execution.inside
from collapse_lab.execution import filter as system_calls
from collapse_lab.execution import literals
from collapse_lab.execution.exam import Exam
from collapse_lab.execution.observation import Observation, observe, read_records, verdict
from collapse_lab.execution.outcome import Limits, Program, Verdict
from gates.interpreter import Interpreter
from gates.sandbox.choose import choose
from gates.sandbox.spec import MIB, Command, Mount, Result, Sandbox, SandboxError
from gates.sandbox.spec import Limits as SandboxLimits

_INSIDE = Mount(Path(collapse_lab.execution.inside.__path__[0]), "/exogate/execution")
_KIB = 1024
# A start costs about as much as fifty samples; the last batch keeps one core waiting for another.
_MOST = 1024
_BATCH_BYTES = 32 * MIB
_REPORT_BYTES = 64 * MIB
_ANSWER_BYTES = 64 * MIB
# Directories that a sample can write to; where they belong to the machine, others write there, too.
_SCRATCH, _SHARED = ".", ("/dev/shm", "/tmp")  # noqa: S108
_PACKAGES = ("lib*/python3*/site-packages", "lib*/python3*/dist-packages", "local/lib/python3*/*-packages")
# Modules of the standard library that solutions import and that start nothing when loaded; one that is imported by a
# twentieth of a batch is loaded before it is needed.
_LOADABLE = frozenset(
    {"bisect", "collections", "copy", "datetime", "fractions", "functools", "heapq", "itertools", "json", "math"}
    | {"operator", "re", "statistics", "string", "typing"}
)
_WORTH = 20
_IMPORTED = re.compile(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
_LENGTH = struct.Struct("<I")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """What goes into the sandbox of a program: its text, the function, and each call's arguments, marshalled."""

    source: str
    entry_point: str
    calls: Sequence[bytes]
    again: int = -1
    """The call before which the program is loaded anew."""


class Harness:
    """A context manager with *workers* templates at most at a time. Safe to use from several threads at once.

    Memory needed: ``workers x limits.memory_mib``. With the ``runner`` back-end the machine is the only boundary, so
    that a sample could read this project's own files, the makers of expected values among them.
    """

    def __init__(
        self,
        workers: int | None = None,
        limits: Limits | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self.limits = limits or Limits()
        self._sandbox = sandbox or choose()
        self._closing = ExitStack()
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="harness")

    def __enter__(self) -> Harness:
        empty = Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="collapse-lab-")))
        empty.chmod(0o755)
        self._python, self._runtimes, self._mounts = _runtime(empty)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._closing.close()

    def judge(self, programs: Sequence[Program]) -> list[Verdict]:
        """Return a verdict a program, in order.

        Raises ``ValueError`` for a case that is no literal and for a benchmark whose own solution fails, and
        ``SandboxError`` where the sandbox does not work.
        """
        for program in programs:
            for case in program.cases:
                literals.expected(case.expected)
        self.teach({id(program.exam): program.exam for program in programs if program.exam}.values())
        return self.each([_job(program) for program in programs], lambda n, seen: verdict(programs[n], seen))

    def teach(self, exams: Iterable[Exam]) -> None:
        """Run the solutions that exams take their expected values from, unless they were run before."""
        lessons = [(exam, lesson) for exam in exams if (lesson := exam.lesson())]
        for (exam, _), seen in zip(lessons, self.observe([lesson for _, lesson in lessons]), strict=True):
            exam.learn(seen)

    def observe(self, jobs: Sequence[Job]) -> list[Observation]:
        """Return what each job did, in order, without comparing anything. Raises ``SandboxError``."""
        return self.each(jobs, lambda _, seen: seen)

    def each(self, jobs: Sequence[Job], finish: Callable[[int, Observation], T]) -> list[T]:
        """Return what *finish* makes of each job's number and what it did, in order.

        It is called in the workers' threads as each batch ends, so that long reports are not all kept.
        """
        parts = self._pool.map(lambda batch: self._finished(jobs, batch, finish), _batches(jobs, self.workers))
        return [result for part in parts for result in part]

    def _finished(self, jobs: Sequence[Job], batch: range, finish: Callable[[int, Observation], T]) -> list[T]:
        """Run a batch to its end; start as many sandboxes as that takes."""
        done: list[T] = []
        suspected = False
        while len(done) < len(batch):
            rest = batch[len(done) :][: 1 if suspected else None]
            command = self._command([jobs[n] for n in rest])
            result = self._sandbox.run(command)
            records = list(zip(rest, read_records(result.stdout), strict=False))
            done += [finish(n, observe(status, report, len(jobs[n].calls))) for n, (status, report) in records]
            if records:
                suspected = False
            elif not suspected:
                suspected = True
            else:
                # Twice, and once alone in a fresh sandbox: if another program can run, it was this one's doing.
                self._check(result, command)
                done.append(finish(rest[0], Observation()))
                suspected = False
        return done

    def _check(self, result: Result, command: Command) -> None:
        """Raise ``SandboxError`` where a run without any record is not the program's fault."""
        if result.seconds >= command.limits.wall_seconds:
            raise SandboxError(
                f"A program was not through after {command.limits.wall_seconds:g} s, and had not used its processor "
                "time by then. The machine is too busy to judge; run fewer workers."
            )
        healthy = self._sandbox.run(self._command([Job("", "", ())]))
        if not list(read_records(healthy.stdout)):
            said = healthy.killed or healthy.stderr.decode("utf-8", "replace").strip()[-300:]
            raise SandboxError(f"The execution template does not work here (it said: {said or 'nothing'}).")

    def _command(self, jobs: Sequence[Job]) -> Command:
        limits = self.limits
        memory, file = limits.memory_mib * MIB, max(limits.file_kib, limits.output_kib + 64) * _KIB
        backstop = limits.wall_factor * limits.cpu_seconds
        header = {
            "cpu_seconds": limits.cpu_seconds,
            "wall_seconds": backstop,
            "memory_bytes": memory,
            "output_bytes": limits.output_kib * _KIB,
            "file_bytes": file,
            "report_bytes": _REPORT_BYTES,
            "answer_bytes": _ANSWER_BYTES,
            "watched": [_SCRATCH] if self._sandbox.name == "runner" else [_SCRATCH, *_SHARED],
            "filters": system_calls.programs(),
            "preloaded": _preloaded(jobs),
        }
        script = f"{self._sandbox.locate(_INSIDE)}/template.py"
        return Command(
            # Not -I, which ignores PYTHONHASHSEED; the environment is the sandbox's own.
            argv=(str(self._python), "-P", "-s", "-S", "-W", "ignore", "-X", "no_debug_ranges", script),
            stdin=b"".join(_framed(body) for body in (marshal.dumps(header), *map(_body, jobs))),
            # Else each child looks up the libraries' functions that no one before it has called.
            env={"LD_BIND_NOW": "1"},
            mounts=(_INSIDE, *self._mounts),
            runtimes=self._runtimes,
            limits=SandboxLimits(
                # Twice the backstop for each, for a machine that is busy with other work; then it is an error.
                wall_seconds=120 + 2 * len(jobs) * backstop,
                cpu_seconds=math.ceil(limits.cpu_seconds) * 10 + 3600,
                memory_bytes=memory + 1024 * MIB,
                total_memory_bytes=memory + 512 * MIB,
                processes=512,
                stdout_bytes=_ANSWER_BYTES + 2 * _REPORT_BYTES,
                file_bytes=file,
                scratch_bytes=16 * file,
            ),
        )


def _batches(jobs: Sequence[Job], workers: int) -> Iterator[range]:
    """Cut the jobs into ranges that are neither too many nor too large."""
    most, first, size = max(1, min(_MOST, -(-len(jobs) // workers))), 0, 0
    for number, job in enumerate(jobs):
        weight = len(job.source) + sum(map(len, job.calls))
        if number > first and (number - first >= most or size + weight > _BATCH_BYTES):
            yield range(first, number)
            first, size = number, 0
        size += weight
    if jobs:
        yield range(first, len(jobs))


def _job(program: Program) -> Job:
    if program.exam is not None:
        return program.exam.job(program.source)
    return Job(program.source, program.entry_point, [literals.arguments(case.arguments) for case in program.cases])


def _body(job: Job) -> bytes:
    return marshal.dumps((job.source, job.entry_point, tuple(job.calls), job.again))


def _preloaded(jobs: Sequence[Job]) -> list[str]:
    """Return the modules that a template should hold: an import costs a child milliseconds, a page held, all of them.

    ``random`` is one of them whenever a program names it, so that it is the same ``random`` in every batch.
    """
    counts = Counter(name for job in jobs for name in set(_IMPORTED.findall(job.source)) if name in _LOADABLE)
    found = [name for name, count in counts.items() if count * _WORTH > len(jobs)]
    return sorted({*found, "random"} if any("random" in job.source for job in jobs) else found)


def _framed(body: bytes) -> bytes:
    return _LENGTH.pack(len(body)) + body


def _runtime(empty: Path) -> tuple[Path, tuple[Path, ...], tuple[Mount, ...]]:
    """Return the interpreter for samples, what to show for it, and what to hide in that.

    It is the one below any virtual environment, and installed packages are hidden: this project may be one of them,
    and knows how expected values are made.
    """
    own = Interpreter.own()
    executable = own.executable.resolve()
    runtimes = tuple(dict.fromkeys((own.base_prefix.resolve(), executable.parent.parent)))
    hidden = {
        path
        for runtime in (*runtimes, Path("/usr"))
        for pattern in _PACKAGES
        for path in map(Path, glob.glob(str(runtime / pattern)))  # noqa: PTH207 - follows no order we need
    }
    real = sorted(path for path in hidden if path.is_dir() and not path.is_symlink())
    return executable, runtimes, tuple(Mount(empty, str(path)) for path in real)
