"""What the marks of answers in words come to: precision, recall and F1 of yes, or a mean over tasks.

A row of scores holds, for each mark, the mean over a task's sampled answers under the mark's own name and the greedy
answer's under ``greedy_NAME`` (``benchmarks.answers.rubric`` names them), beside the task's label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from collapse_lab.benchmarks.answers.rubric import Rubric

    Counts = NDArray[np.float64]

Row = Mapping[str, Any]
SIDES = {"greedy": "greedy_", "sampled": ""}
"""How a mark's column is called, by which answers it is of."""


def task_marks(rubric: Rubric, answers: Iterable[Row]) -> dict[str, float | None]:
    """Return a task's columns from its answers (rows of ``stages.evaluate.Answer``); ``None`` without such answers."""
    greedy: list[Row] = []
    sampled: list[Row] = []
    for answer in answers:
        (greedy if answer["greedy"] else sampled).append(answer["marks"])
    found: dict[str, float | None] = dict(rubric.facts)
    for name in rubric.names:
        for side, marks in ((SIDES["greedy"], greedy), (SIDES["sampled"], sampled)):
            found[f"{side}{name}"] = sum(m[name] for m in marks) / len(marks) if marks else None
    return found


def figures(rows: Sequence[Row]) -> dict[str, dict[str, float | None]]:
    """Return every figure of a benchmark by who answered, ``greedy`` and ``sampled``; none without marks.

    Yes or no: ``precision``, ``recall``, ``f1``, and ``neither``, the share of answers that are neither. Summaries:
    the means of ``bleu`` and ``rouge_l``. ``None`` without such answers.
    """
    names = named(rows[0]) if rows else ()
    return {name: {side: _figure(rows, name, before) for side, before in SIDES.items()} for name in names}


def named(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the figures that a table with these columns has."""
    known = set(columns)
    rates = tuple(RATES) if "positive" in known else ()
    return (*rates, *(name for name in ("neither", "bleu", "rouge_l") if name in known))


def _figure(rows: Sequence[Row], name: str, before: str) -> float | None:
    import numpy as np

    column = f"{before}{'yes' if name in RATES else name}"
    known = [row for row in rows if row[column] is not None]
    if not known:
        return None
    values = np.array([row[column] for row in known], float)
    if name not in RATES:
        return float(values.mean())
    positive = np.array([row["positive"] for row in known], float)
    return float(RATES[name](*(table.mean() for table in outcomes(positive, values))))


def outcomes(positive: Counts, yes: Counts) -> tuple[Counts, Counts, Counts]:
    """Return true positives, false positives and false negatives, from labels (0 or 1) and the shares of answers that
    say yes, of one shape. An answer that is neither yes nor no finds nothing, and is no false alarm."""
    return positive * yes, (1 - positive) * yes, positive * (1 - yes)


def precision(true: Counts, alarms: Counts, missed: Counts) -> Counts:
    """Return the share of yes that is right; 0 where nothing is yes, as scikit-learn has it."""
    return _share(true, true + alarms)


def recall(true: Counts, alarms: Counts, missed: Counts) -> Counts:
    """Return the share of positives that is found; 0 without any."""
    return _share(true, true + missed)


def f1(true: Counts, alarms: Counts, missed: Counts) -> Counts:
    """Return the harmonic mean of both; 0 without any yes and any positive."""
    return _share(2 * true, 2 * true + alarms + missed)


RATES: Mapping[str, Callable[[Counts, Counts, Counts], Counts]] = {"precision": precision, "recall": recall, "f1": f1}


def _share(part: Counts, whole: Counts) -> Counts:
    import numpy as np

    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
