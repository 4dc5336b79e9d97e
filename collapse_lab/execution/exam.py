"""How a published benchmark judges an answer where a task's own cases, with literal values, cannot say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collapse_lab.execution.harness import Job
    from collapse_lab.execution.observation import Observation


class Exam(Protocol):
    """What is run of an answer, and whether what it returned is right. The harness asks it outside the sandbox.

    The values that some exams expect are those of the benchmark's own solution. They are not in its file, and no code
    of it runs outside the sandbox: the harness runs ``lesson`` before it judges the first answer.
    """

    @property
    def identity(self) -> str:
        """Everything that a verdict hangs on, for the benchmark's hash."""

    def job(self, source: str) -> Job:
        """Return what is run of the whole file that a completion makes."""

    def lesson(self) -> Job | None:
        """Return what must be run once before the exam can judge; ``None`` where it can."""

    def learn(self, seen: Observation) -> None:
        """Take the lesson's values as those expected. Raises ``ValueError`` where there is not one for each call."""

    def right(self, number: int, report: bytes) -> bool:
        """Return whether the encoded value in *report* (anybody's bytes) is right for call *number*."""


@dataclass(frozen=True, slots=True)
class Appended:
    """A benchmark's test that is a program of its own: it runs after the answer, **in the answer's process**.

    An answer passes when the file loads to its end. One that sets out to can pass without being right (by leaving
    ``assert`` or ``==`` to lie, for example); nothing outside can tell.
    """

    test: str

    @property
    def identity(self) -> str:
        """The test's text."""
        return f"appended {self.test!r}"

    def job(self, source: str) -> Job:
        """Return the file with the test at its end."""
        from collapse_lab.execution.harness import Job

        return Job(f"{source}\n{self.test}", "", ())

    def lesson(self) -> None:
        """Return ``None``: the test knows its values."""

    def learn(self, seen: Observation) -> None:
        """Do nothing."""

    def right(self, number: int, report: bytes) -> bool:
        """There are no calls."""
        return True
