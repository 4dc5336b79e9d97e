"""What came of running one sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from collapse_lab.execution.exam import Exam
from collapse_lab.tasks.task import Case

# "passed" and "wrong" are the comparison's; "error" carries the exception's class; "neither" and "answered" are of
# answers in words (`benchmarks.answers`), which are not run; the others are the harness's.
Ending = Literal["passed", "wrong", "error", "timeout", "memory", "output", "killed", "neither", "answered"]


@dataclass(frozen=True, slots=True)
class Program:
    """A whole source file, the function to call in it, and the calls; with an ``exam``, that says what is called."""

    source: str
    entry_point: str
    cases: tuple[Case, ...]
    exam: Exam | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a program ended.

    ``ending`` is ``passed`` only where every case returned a value equal to the expected one, or one that the exam
    finds right. ``exception`` is the class that ended it (``SyntaxError``, ``IndexError``, ...), empty for other
    endings. ``case`` is the index of the first case that failed, -1 where the program did not load, ``None`` where it
    passed. An answer in words has ``marks`` by name, each 0 to 1; ``answered`` is neither right nor wrong.
    """

    ending: Ending
    exception: str = ""
    case: int | None = None
    marks: Mapping[str, float] | None = None

    @property
    def passed(self) -> bool:
        """Whether the program is right."""
        return self.ending == "passed"

    @property
    def right(self) -> bool | None:
        """Whether it is right; ``None`` for what is neither right nor wrong."""
        return None if self.ending == "answered" else self.passed


class Limits(BaseModel):
    """What one sample may use. CPU time judges; wall time is the backstop and gives ``killed``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu_seconds: float = Field(default=2.0, gt=0, le=300)
    wall_factor: float = Field(default=20.0, ge=2)
    memory_mib: int = Field(default=512, ge=64, le=16_384)
    output_kib: int = Field(default=64, ge=1, le=10_240)
    file_kib: int = Field(default=1024, ge=0, le=1_048_576)
