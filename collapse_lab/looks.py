"""What is seen of an arm's model in a round: its score, its probes, and its gate on held-out samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collapse_lab import revision
from collapse_lab.arms import Cell
from collapse_lab.lab import Lab
from collapse_lab.pool import Judged, Pool
from collapse_lab.revision import made_by
from collapse_lab.sample import Sample, seed_of
from collapse_lab.stages.evaluate import evaluate
from collapse_lab.stages.probe import probe, several
from collapse_lab.store import Artifact, key_of, write_json, write_rows
from collapse_lab.tasks.task import Benchmark, Task

# The same draws for every model, so that differences between models are differences of models.
_SEED = seed_of("looks")


@dataclass(frozen=True)
class Looks:
    """Makes what is seen of models; everything is an artifact of the lab's stores."""

    lab: Lab

    def scores(self, cell: Cell, t: int, benchmark: Benchmark) -> Artifact:
        """Return the answers of M_t on a benchmark: ``answers.jsonl``, rows of ``stages.evaluate.Answer``."""
        study, model = self.lab.study, self.lab.model(cell, t)
        settings = study.evaluation_on(benchmark.name)
        key = key_of(
            "evaluate",
            model=model.key,
            benchmark=benchmark.hash,
            settings=settings.model_dump(mode="json"),
            limits=study.limits.model_dump(mode="json"),
            **made_by(revision.JUDGING),
        )

        def build(path: Path) -> None:
            execute = self.lab.workshop.execute
            answers = evaluate(self.lab.open(model), benchmark, settings, _SEED, execute)
            write_rows(path / "answers.jsonl", (a.as_row() for a in answers))

        return self.lab.make("evaluate", key, build)

    def probes(self, cell: Cell, t: int, benchmark: Benchmark) -> Artifact:
        """Return drift and representation of M_t (``probe.json``), and several samples a prompt (``several.json``)."""
        study, model, first = self.lab.study, self.lab.model(cell, t), self.lab.base(cell.base)
        pool = self.lab.pool(cell, t)
        key = key_of(
            "probe",
            model=model.key,
            first=first.key,
            pool=pool.artifact.key,
            benchmark=benchmark.hash,
            settings=study.probes.model_dump(mode="json"),
            sampling=cell.sampling.model_dump(mode="json"),
            **made_by((*revision.MODEL, "collapse_lab/metrics")),
        )

        def build(path: Path) -> None:
            author, origin = (self.lab.open(artifact) for artifact in (model, first))
            own = [(task.prompt, s.completion) for task, s in zip(pool.tasks, pool.samples, strict=True)]
            human = [(task.prompt, task.reference) for task in benchmark.tasks]
            write_json(path / "probe.json", probe(author, origin, own, human, study.probes))
            groups = several(author, benchmark.tasks, study.probes, cell.sampling, _SEED)
            write_json(path / "several.json", groups)

        return self.lab.make("probe", key, build)

    def held_out(self, cell: Cell, t: int, benchmark: Benchmark) -> tuple[Judged, Judged] | None:
        """Return the gate of round t on M_t's samples of held-out prompts, and on M_0's (the frozen set)."""
        if cell.judge.control in ("human", "oracle") or not self.lab.study.probes.held_out:
            return None
        fresh = self._judged(cell, t, self.scores(cell, t, benchmark), benchmark)
        frozen = self._judged(cell, t, self.scores(cell, 0, benchmark), benchmark)
        return fresh, frozen

    def _judged(self, cell: Cell, t: int, answers: Artifact, benchmark: Benchmark) -> Judged:
        """Judge the first sampled answer to each of the first tasks."""
        tasks = {task.id: task for task in benchmark.tasks[: self.lab.study.probes.held_out]}
        chosen: dict[str, dict[str, Any]] = {}
        for row in answers.rows("answers.jsonl"):
            if not row["greedy"] and row["task"] in tasks:
                chosen.setdefault(row["task"], row)
        pool = Pool(answers, tuple(_task(tasks, r) for r in chosen.values()), tuple(map(_sample, chosen.values())))
        facts = tuple({k: r[k] for k in ("passed", "ending", "exception")} for r in chosen.values())
        return Judged(pool, self.lab.verdicts(cell, t, pool), facts)


def _task(tasks: dict[str, Task], row: dict[str, Any]) -> Task:
    return tasks[row["task"]]


def _sample(row: dict[str, Any]) -> Sample:
    return Sample(row["id"], row["task"], row["completion"], row["tokens"], row["stopped"], row["seed"])
