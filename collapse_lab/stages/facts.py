"""Facts: what is known of a sample, as a row. Where a task has no tests, nobody knows whether it is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collapse_lab.execution.outcome import Verdict
from collapse_lab.tasks.task import Task


def facts(tasks: Sequence[Task], verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Return a row a sample: ``passed``, ``ending``, ``exception`` (*tasks* stand beside the *verdicts*).

    Without tests ``passed`` is null, and what came to its end is ``loaded``: neither right nor wrong.
    """
    return [
        {
            "passed": verdict.passed if task.tested else None,
            "ending": "loaded" if verdict.passed and not task.tested else verdict.ending,
            "exception": verdict.exception,
        }
        for task, verdict in zip(tasks, verdicts, strict=True)
    ]
