"""What a model is asked to write, and the calls that decide whether it did."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collapse_lab.benchmarks.answers.rubric import Rubric
    from collapse_lab.execution.exam import Exam

Stratum = Literal["head", "middle", "tail"]
STRATA: tuple[Stratum, ...] = ("head", "middle", "tail")


@dataclass(frozen=True, slots=True)
class Case:
    """One call of the entry point and what it must give.

    ``arguments`` is a tuple and ``expected`` a value, both written as Python literals (``ast.literal_eval`` reads
    them; ``nan`` and ``inf`` may stand as ``float('nan')``). ``tolerance`` is the absolute and relative difference
    allowed between floats; 0 compares exactly.
    """

    arguments: str
    expected: str
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Task:
    """One function to complete.

    ``prompt`` is source text up to where the model goes on (typed signature and docstring; ends with a newline).
    ``reference`` is a person's completion, which passes every case. The gate sees the ``visible`` cases only; the
    score is counted on the ``hidden`` ones; no call is in both, but in published benchmarks, whose score stays their
    own: there ``visible`` are the examples that the prompt shows. ``stratum`` follows from the rarest of
    ``operations``; ``family`` names the kind of task. A task with an ``exam`` is scored by that and has no ``hidden``
    cases (``stages.truth.scored`` knows both).

    A task with a ``rubric`` asks for an answer in words about the code in its prompt: it has no entry point, its prompt
    ends where the answer goes on in the same line, and the answer is compared, never run.
    """

    id: str
    prompt: str
    entry_point: str
    reference: str
    visible: tuple[Case, ...]
    hidden: tuple[Case, ...]
    stratum: Stratum
    family: str
    operations: tuple[str, ...] = field(default=())
    exam: Exam | None = field(default=None, repr=False)
    rubric: Rubric | None = field(default=None, repr=False)

    @property
    def tested(self) -> bool:
        """Whether anything can tell a right answer from a wrong one. Functions that were found have no tests, and no
        summary is right or wrong."""
        return bool(self.hidden) or self.exam is not None or (self.rubric is not None and self.rubric.decides)

    def program(self, completion: str) -> str:
        """Return the whole file that a completion makes."""
        return self.prompt + completion


@dataclass(frozen=True)
class Benchmark:
    """Tasks that are scored and never trained on, in a fixed order."""

    name: str
    tasks: tuple[Task, ...]

    @property
    def hash(self) -> str:
        """A hash over every task, to stand beside every score (64 hexadecimal digits)."""
        digest = hashlib.sha256()
        for task in self.tasks:
            digest.update(repr(task).encode())
            if task.exam is not None:
                digest.update(task.exam.identity.encode("utf-8", "surrogatepass"))
            if task.rubric is not None:
                digest.update(task.rubric.identity.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


class TaskSource(Protocol):
    """Where a study's tasks come from: an endless human pool and fixed benchmarks, disjoint by specification.

    Everything is a pure function of the source's settings and the arguments: the same call gives the same tasks in
    every process.
    """

    @property
    def name(self) -> str:
        """The name used in study files."""

    @property
    def identity(self) -> dict[str, Any]:
        """What its pools hang on, for keys of what is made from them (JSON)."""

    def pool(self, purpose: str, seed: int, count: int) -> Sequence[Task]:
        """Return *count* training tasks drawn with replacement by the source's own frequencies.

        ``purpose`` ("base", "prompts", "human", "judge", ...) and ``seed`` name an independent stream.
        """

    def room(self, purpose: str) -> int | None:
        """Return how many different tasks the pool has for a purpose; ``None`` where it draws without end."""

    def benchmarks(self) -> Mapping[str, Benchmark]:
        """Return the held-out benchmarks by name; no two share a specification, and none shares one with a pool."""

    def texts(self) -> Sequence[tuple[str, str]]:
        """Return (prompt, completion) pairs that hold every word the source can produce, for a tokenizer."""
