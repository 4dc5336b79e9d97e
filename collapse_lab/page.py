"""One round in numbers, from plain rows: the pure half of ``measures``.

Rows are dictionaries as the stages' tables hold them. What is undefined is ``None``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

from collapse_lab.metrics.diversity import (
    compression_ratio,
    distinct_n,
    duplicate_share,
    per_prompt,
    self_bleu,
    vendi,
)
from collapse_lab.metrics.gatequality import GateQuality, quality
from collapse_lab.metrics.marks import figures, task_marks
from collapse_lab.metrics.passk import mean_pass_at_k
from collapse_lab.metrics.rubber import total_variation
from collapse_lab.sample import seed_of
from collapse_lab.tasks.task import STRATA, Task

Row = Mapping[str, Any]

# The same draw for every round and arm.
_SEED = seed_of("page")


def task_rows(answers: Iterable[Row], tasks: Iterable[Task]) -> list[dict[str, Any]]:
    """Return a row for each task, in their order: its stratum and family, and its answers counted.

    *answers* are rows of ``stages.evaluate.Answer``. ``greedy`` is 1 or 0 (``None`` without a greedy answer), ``n``
    counts the sampled answers, ``c`` those of them that passed. What is neither right nor wrong is not among these;
    answers in words have their marks in columns of their own (``metrics.marks``).
    """
    greedy: dict[str, int] = {}
    sampled: dict[str, list[bool]] = {}
    marked: dict[str, list[Row]] = {}
    for answer in answers:
        if "marks" in answer:
            marked.setdefault(answer["task"], []).append(answer)
        if answer["passed"] is None:
            continue
        if answer["greedy"]:
            greedy[answer["task"]] = int(answer["passed"])
        else:
            sampled.setdefault(answer["task"], []).append(answer["passed"])
    return [
        {
            "task": task.id,
            "stratum": task.stratum,
            "family": task.family,
            "greedy": greedy.get(task.id),
            "n": len(sampled.get(task.id, ())),
            "c": sum(sampled.get(task.id, ())),
            **({} if task.rubric is None else task_marks(task.rubric, marked.get(task.id, ()))),
        }
        for task in tasks
    ]


def scores(rows: Sequence[Row]) -> dict[str, float | None]:
    """Return the greedy and the sampled pass@1 of task rows; a task without such answers does not count."""
    greedy = [row["greedy"] for row in rows if row["greedy"] is not None]
    return {"greedy": sum(greedy) / len(greedy) if greedy else None, "sampled": pass_at(rows, 1)}


def pass_at(rows: Sequence[Row], k: int) -> float | None:
    """Return the sampled pass@k over the tasks that have samples; ``None`` where one has fewer than *k*."""
    import numpy as np

    counted = [row for row in rows if row["n"]]
    if any(row["n"] < k for row in counted):
        return None
    return mean_pass_at_k(np.array([r["n"] for r in counted], int), np.array([r["c"] for r in counted], int), k)


def benchmark_scores(rows: Sequence[Row]) -> dict[str, Any]:
    """Return a benchmark's scores, in all and by stratum; a stratum without tasks is left out. ``marks`` are those of
    answers in words, and missing without any."""
    parts = {stratum: [row for row in rows if row["stratum"] == stratum] for stratum in STRATA}
    strata = {stratum: scores(part) for stratum, part in parts.items() if part}
    marks = figures(rows)
    return {**scores(rows), "strata": strata, **({"marks": marks} if marks else {})}


def first_answers(answers: Iterable[Row], tasks: Sequence[Task]) -> list[Row]:
    """Return the first sampled answer to each of *tasks* that has one, in the order of the answers."""
    wanted = {task.id for task in tasks}
    chosen: dict[str, Row] = {}
    for answer in answers:
        if not answer["greedy"] and answer["task"] in wanted:
            chosen.setdefault(answer["task"], answer)
    return list(chosen.values())


def share(rows: Sequence[Row], what: str) -> float | None:
    """Return the share of rows of which *what* is true, of those of which it is known; ``None`` without any."""
    known = [bool(row[what]) for row in rows if row[what] is not None]
    return sum(known) / len(known) if known else None


def gate_quality(verdicts: Sequence[Row], truth: Sequence[Row]) -> GateQuality:
    """Return the quality of decisions, rows of ``stages.gate.Gated``, against truth rows that stand beside them.

    Where no test says whether a sample is right, it counts for acceptance alone.
    """
    import numpy as np

    known = [(v, fact["passed"]) for v, fact in zip(verdicts, truth, strict=True) if fact["passed"] is not None]
    accepted = np.array([v["accepted"] for v, _ in known], bool)
    found = quality(accepted, np.array([passed for _, passed in known], bool), [v["score"] for v, _ in known])
    return found if len(known) == len(verdicts) else replace(found, acceptance=share(verdicts, "accepted"))


def gate_figures(verdicts: Sequence[Row], truth: Sequence[Row]) -> dict[str, float | None]:
    """Return what the gate did with a pool; ``gate_errors`` is the share that it could not judge."""
    found = gate_quality(verdicts, truth)
    return {
        "acceptance": found.acceptance,
        "acceptance_frozen": share(verdicts, "frozen"),
        "wrong_accept_rate": found.wrong_accept_rate,
        "gate_precision": found.precision,
        "gate_recall": found.recall,
        "gate_auroc": found.auroc,
        "gate_errors": share(verdicts, "error"),
    }


def no_gate() -> dict[str, None]:
    """Return the same figures where no gate decides."""
    return dict.fromkeys(gate_figures([], []))


def ending(row: Row) -> str:
    """Return how a sample ended in one word: ``passed``, ``wrong``, ``timeout``, ``loaded`` (it has no test to pass),
    or the exception's class."""
    return str(row["exception"] or row["ending"]) if row["ending"] == "error" else str(row["ending"])


def endings(truth: Iterable[Row]) -> dict[str, int]:
    """Return how many samples ended how, the most frequent first."""
    return dict(Counter(map(ending, truth)).most_common())


def shift(strata: Sequence[str], verdicts: Sequence[Row], truth: Sequence[Row]) -> float | None:
    """Return the total variation between what was accepted and the whole pool, over kinds of samples.

    A kind is the stratum of the task and how the sample ended: few enough for a pool of hundreds.
    """
    kinds = [(stratum, ending(row)) for stratum, row in zip(strata, truth, strict=True)]
    accepted = [kind for kind, row in zip(kinds, verdicts, strict=True) if row["accepted"]]
    return total_variation(accepted, kinds)


def diversity(
    completions: Sequence[str], fingerprints: Sequence[str], groups: Sequence[Sequence[str]]
) -> dict[str, float | None]:
    """Return the diversity of a pool; *groups* are fingerprints of several samples for the same prompts."""
    return {
        "distinct_2": distinct_n(completions, 2),
        "self_bleu": self_bleu(completions, seed=_SEED),
        "compression": compression_ratio(completions),
        "duplicate_share": duplicate_share(fingerprints),
        "vendi": vendi(completions, seed=_SEED),
        "per_prompt": per_prompt(groups),
    }


def last_loss(losses: Sequence[float]) -> float | None:
    """Return the loss of the last step; ``None`` where there was no step, or the loss is not finite."""
    return losses[-1] if losses and isfinite(losses[-1]) else None


def seconds(stages: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the sum of seconds for each stage."""
    total: dict[str, float] = {}
    for stage, spent in stages:
        total[stage] = round(total.get(stage, 0.0) + spent, 3)
    return total
