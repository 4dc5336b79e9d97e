"""Which exit status a job's step gets, and why: decided in one place, by ``fail-on``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

# As the command line's (see app/cli/exits.py).
_STATUS = {"accept": 0, "none": 0, "reject": 1, "error": 3}
UNUSABLE = 2
_WHAT = {
    "accept": "the change was accepted",
    "reject": "a blocking gate rejected the change",
    "error": "a blocking gate could not judge, which is never taken for accepted",
    "none": "there was nothing to judge",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """An exit status with the sentence that explains it."""

    status: int
    sentence: str


def ending_of(decision: str, fail_on: Collection[str]) -> Ending:
    """Return how the step ends; *decision* is ``accept``, ``reject``, ``error``, or ``none`` (nothing to judge)."""
    status = _STATUS[decision] if decision in fail_on else 0
    said = ", ".join(sorted(fail_on)) or "never"
    if status:
        return Ending(status, f"This step fails: {_WHAT[decision]} (fail-on: {said}).")
    if _STATUS[decision]:
        return Ending(0, f"This step passes although {_WHAT[decision]}, since fail-on is: {said}.")
    return Ending(0, f"This step passes: {_WHAT[decision]}.")
