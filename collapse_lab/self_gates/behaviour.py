"""What programs do on the arguments of their visible cases; what is expected of them is not looked at."""

from __future__ import annotations

from collections.abc import Sequence

from collapse_lab.self_gates.context import LabContext
from collapse_lab.tasks.task import Task
from gates.gate import CouldNotJudgeError

Behaviour = tuple[bytes, ...]
"""A digest of the value of each call, the same for equal values."""


def behaviours(written: Sequence[tuple[Task, str]], context: LabContext) -> list[Behaviour | None]:
    """Return the behaviour of each completion of a task; equal pairs are run once.

    ``None``: it has none to compare, since its prompt shows no case, or it did not come back from every call, or with
    an object of its own kind.
    """
    from collapse_lab.execution import literals
    from collapse_lab.execution.harness import Job

    if context.observe is None:
        raise CouldNotJudgeError("The samples cannot be run: this study was started without a harness.")
    jobs = {
        (task.id, completion): Job(
            task.program(completion), task.entry_point, [literals.arguments(case.arguments) for case in task.visible]
        )
        for task, completion in written
        if task.visible
    }
    seen = dict(zip(jobs, context.observe(list(jobs.values())), strict=True))
    found = {key: _digests(one.values) if one.ending is None else None for key, one in seen.items()}
    return [found.get((task.id, completion)) for task, completion in written]


def _digests(encoded: Sequence[bytes]) -> Behaviour | None:
    from collapse_lab.execution.compare import equal
    from collapse_lab.execution.inside import values

    try:
        decoded = [(values.decode(one), values.decode(one)) for one in encoded]
    except values.MalformedError:
        return None
    # Objects that could not be brought over equal nothing. (One list equals itself whatever it holds; hence two.)
    return tuple(values.digest(one) for one, _ in decoded) if all(equal(a, b) for a, b in decoded) else None
