"""One round of an arm as a page of numbers, from its artifacts. What is counted how stands in ``page`` and ``metrics``.

The page is a round of ``summary.json``; ``summary.schema.json`` describes every key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from collapse_lab import page
from collapse_lab.arms import Cell
from collapse_lab.metrics.contamination import contamination
from collapse_lab.metrics.degeneracy import degeneracy
from collapse_lab.metrics.fingerprint import fingerprint
from collapse_lab.metrics.rubber import rubber_stamp_index
from collapse_lab.metrics.tail import features, tail_recall
from collapse_lab.store import Artifact
from collapse_lab.tasks.task import Benchmark

if TYPE_CHECKING:
    from collapse_lab.lab import Lab
    from collapse_lab.looks import Looks
    from collapse_lab.pool import Judged

_ORIGINS = ("synthetic", "human", "lesson")
# Documents that are no programs: what overlaps a benchmark is a share of those that are.
_BESIDE = ("lesson", "prose")


def measure(looks: Looks, cell: Cell, t: int, last: bool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the page of M_t and pool t, and the score rows: one for each task of each benchmark.

    Makes what is missing. In the *last* round nothing trains on the pool, so that no documents are mixed. Gate
    figures are those of the first set of pool t, where a quota asked for more. ``seconds`` are those of the artifacts
    that this round was the first of the process to need, whoever made them: arms that share an artifact all count it.
    """
    lab = looks.lab
    known = set(lab.used)
    first = next(iter(lab.benchmarks.values()))
    everywhere = t == 0 or last or lab.study.evaluation.others == "every"
    asked = {name: b for name, b in lab.benchmarks.items() if everywhere or b.name == first.name}
    answers = {name: looks.scores(cell, t, b).rows("answers.jsonl") for name, b in asked.items()}
    rows = {name: page.task_rows(answers[name], b.tasks) for name, b in asked.items()}
    judged = lab.judged(cell, t)
    probes = looks.probes(cell, t, first)
    made = {
        "round": t,
        **_scores(rows, first.name, lab.study.evaluation.k),
        **_gate(judged, cell),
        **_held_out(looks, cell, t, first, answers[first.name]),
        **probes.json("probe.json"),
        "diversity": _diversity(judged, probes, first),
        "tail_recall": _tail_recall(answers[first.name], first),
        "degeneracy": degeneracy(
            [s.completion for s in judged.pool.samples], [s.stopped for s in judged.pool.samples]
        ).as_dict(),
        "endings": page.endings(judged.truth),
        **({"documents": None, "contamination": None} if last else _documents(lab, cell, t, judged, first)),
        "final_loss": _final_loss(lab, cell, t),
        "seconds": page.seconds(spent for key, spent in lab.used.items() if key not in known),
    }
    who = {"label": cell.label, "policy": cell.policy, "base": cell.base, "seed": cell.seed, "round": t}
    return made, [{**who, "benchmark": name, **row} for name, table in rows.items() for row in table]


def _scores(rows: dict[str, list[dict[str, Any]]], first: str, ks: Sequence[int]) -> dict[str, Any]:
    found = {name: page.benchmark_scores(table) for name, table in rows.items()}
    return {
        "pass_at_1_greedy": found[first]["greedy"],
        "pass_at_1_sampled": found[first]["sampled"],
        "pass_at_k": {str(k): page.pass_at(rows[first], k) for k in ks},
        "benchmarks": found,
        "strata": {stratum: score["sampled"] for stratum, score in found[first]["strata"].items()},
    }


def _gate(judged: Judged, cell: Cell) -> dict[str, Any]:
    correctness = {"correctness": page.share(judged.truth, "passed")}
    if cell.judge.control == "human":
        return {**correctness, **page.no_gate(), "total_variation": None}
    strata = [task.stratum for task in judged.pool.tasks]
    return {
        **correctness,
        **page.gate_figures(judged.verdicts, judged.truth),
        "total_variation": page.shift(strata, judged.verdicts, judged.truth),
    }


def _held_out(looks: Looks, cell: Cell, t: int, benchmark: Benchmark, answers: list[dict[str, Any]]) -> dict[str, Any]:
    asked = benchmark.tasks[: looks.lab.study.probes.held_out]
    correctness = page.share(page.first_answers(answers, asked), "passed")
    judged = looks.held_out(cell, t, benchmark)
    if judged is None:
        return {"held_out": None, "correctness_held_out": correctness, "rubber_stamp_index": None}
    fresh, frozen = judged
    began = looks.held_out(cell, 0, benchmark)
    origin = began[0] if began else fresh
    return {
        "held_out": {
            side: page.gate_quality(j.verdicts, j.truth).as_dict() for side, j in (("fresh", fresh), ("frozen", frozen))
        },
        "correctness_held_out": correctness,
        "rubber_stamp_index": rubber_stamp_index(
            page.share(fresh.verdicts, "frozen"),
            page.share(origin.verdicts, "frozen"),
            page.share(fresh.truth, "passed"),
            page.share(origin.truth, "passed"),
        ),
    }


def _diversity(judged: Judged, probes: Artifact, benchmark: Benchmark) -> dict[str, float | None]:
    pool = judged.pool
    programs = [task.program(s.completion) for task, s in zip(pool.tasks, pool.samples, strict=True)]
    groups = [
        [fingerprint(task.program(completion)) for completion in completions]
        for task, completions in zip(benchmark.tasks, probes.json("several.json"), strict=False)
    ]
    return page.diversity([s.completion for s in pool.samples], [fingerprint(p) for p in programs], groups)


def _tail_recall(answers: list[dict[str, Any]], benchmark: Benchmark) -> float | None:
    """Return the tail recall of one answer a task, sampled where there is one, against the tasks' references."""
    chosen = page.first_answers(answers, benchmark.tasks) or answers
    tasks = {task.id: task for task in benchmark.tasks}
    reference = (features(task.program(task.reference)) for task in benchmark.tasks)
    return tail_recall(reference, (features(tasks[a["task"]].program(a["completion"])) for a in chosen))


def _documents(lab: Lab, cell: Cell, t: int, judged: Judged, benchmark: Benchmark) -> dict[str, Any]:
    """Return what M_{t+1} is trained on: its numbers, and its overlap with the benchmark beside a person's answers to
    the prompts of the pool."""
    artifact = lab.documents(cell, t)
    counts = artifact.json("counts.json")
    rows = artifact.rows("documents.jsonl")
    return {
        "documents": {o: counts.get(o, 0) for o in (*_ORIGINS, *(("prose",) if cell.prose_share else ()))},
        "contamination": contamination(
            [(row["prompt"], row["completion"]) for row in rows if row["origin"] not in _BESIDE],
            [(task.prompt, task.reference) for task in benchmark.tasks],
            [(task.prompt, task.reference) for task in judged.pool.tasks],
            lab.study.probes.contamination,
        ),
    }


def _final_loss(lab: Lab, cell: Cell, t: int) -> float | None:
    """Return the last loss of the training that made M_t; ``None`` for a base, and where a round trained on nothing."""
    if t == 0 or not lab.documents(cell, t - 1).json("counts.json")["documents"]:
        return None
    return page.last_loss(lab.model(cell, t).json("log.json")["losses"])
