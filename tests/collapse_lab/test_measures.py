"""A page from artifacts: a real store and real settings; what the lab would have made is written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pytest

from collapse_lab.arms import Cell, cells
from collapse_lab.measures import measure
from collapse_lab.sample import Sample
from collapse_lab.store import Artifact, Store, key_of, write_json, write_rows
from collapse_lab.study import Arm, Evaluation, Probes, Study
from collapse_lab.tasks.task import Benchmark, Task

PROMPT = "def f(xs: list[int]) -> int:\n"
RIGHT, WRONG, BROKEN = "    return sum(xs)\n", "    return max(xs)\n", "    return (\n"
PASSED = {"passed": True, "ending": "passed", "exception": ""}
FAILED = {"passed": False, "ending": "wrong", "exception": ""}
UNPARSED = {"passed": False, "ending": "error", "exception": "SyntaxError"}
PROBE = {"drift": {"own_nll_round0": 1.0}, "spectrum": {"own": {"-1": {}}, "human": {"-1": {}}}}
# Skill falls from round to round, and the gate grows more lenient.
ROUNDS = [[RIGHT, RIGHT, RIGHT, WRONG], [RIGHT, RIGHT, WRONG, BROKEN], [BROKEN] * 4]
ACCEPTED = [[True, True, False, False], [True, True, True, False], [False] * 4]


def tasks(name: str) -> tuple[Task, ...]:
    strata = ("head", "head", "middle", "tail")
    return tuple(Task(f"{name}{i}", PROMPT, "f", RIGHT, (), (), s, "lists") for i, s in enumerate(strata))


def fact(completion: str) -> dict[str, Any]:
    return {RIGHT: PASSED, WRONG: FAILED, BROKEN: UNPARSED}[completion]


@dataclass
class Pool:
    artifact: Artifact
    tasks: tuple[Task, ...]
    samples: tuple[Sample, ...]


@dataclass
class Judged:
    pool: Pool
    verdicts: tuple[dict[str, Any], ...]
    truth: tuple[dict[str, Any], ...]


@dataclass
class World:
    """Stands where the lab and its looks do: every artifact is made on disk, in the forms that the stages write."""

    study: Study
    store: Store
    used: dict[str, tuple[str, float]] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)

    @property
    def lab(self) -> World:
        return self

    @property
    def benchmarks(self) -> dict[str, Benchmark]:
        return {name: Benchmark(name, tasks(name)) for name in ("one", "two")}

    def made(self, stage: str, t: int, build: Callable[[Path], None], **parts: Any) -> Artifact:
        self.asked.append((stage, t))
        artifact = self.store.make(key_of(stage, t=t, **parts), stage, build)
        self.used.setdefault(artifact.key, (stage, 1.0))
        return artifact

    def scores(self, cell: Cell, t: int, benchmark: Benchmark) -> Artifact:
        rows = [
            {**sample(task, text, f"{greedy}{n}").as_row(), "greedy": greedy, **fact(text)}
            for greedy, times in ((True, 1), (False, 2))
            for task, text in zip(benchmark.tasks, ROUNDS[t], strict=True)
            for n in range(times)
        ]
        return self.made("evaluate", t, lambda p: write_rows(p / "answers.jsonl", rows), benchmark=benchmark.name)

    def judged(self, cell: Cell, t: int, chunk: int = 0) -> Judged:
        pool = Pool(
            self.made("generate", t, lambda p: None),
            tasks("pool"),
            tuple(
                sample(task, text, str(i)) for i, (task, text) in enumerate(zip(tasks("pool"), ROUNDS[t], strict=True))
            ),
        )
        return Judged(pool, verdicts(t), tuple(map(fact, ROUNDS[t])))

    def held_out(self, cell: Cell, t: int, benchmark: Benchmark) -> tuple[Judged, Judged] | None:
        if cell.judge.control:
            return None
        fresh = self.judged(cell, t)
        return fresh, replace(self.judged(cell, 0), verdicts=verdicts(t))

    def probes(self, cell: Cell, t: int, benchmark: Benchmark) -> Artifact:
        def build(path: Path) -> None:
            write_json(path / "probe.json", PROBE)
            write_json(path / "several.json", [[RIGHT, RIGHT, WRONG, BROKEN], [RIGHT] * 4])

        return self.made("probe", t, build)

    def model(self, cell: Cell, t: int) -> Artifact:
        return self.made("train", t, lambda p: write_json(p / "log.json", {"losses": [2.0, 1.0 / (t or 1)]}))

    def documents(self, cell: Cell, t: int) -> Artifact:
        chosen = [text for text, yes in zip(ROUNDS[t], ACCEPTED[t], strict=True) if yes]
        rows = [{"prompt": PROMPT, "completion": text, "origin": "synthetic"} for text in chosen]
        rows += [{"prompt": PROMPT, "completion": BROKEN, "origin": "lesson"}] * bool(chosen)

        def build(path: Path) -> None:
            write_rows(path / "documents.jsonl", rows)
            write_json(
                path / "counts.json", {"documents": len(rows), "synthetic": len(chosen), "lesson": bool(chosen) * 1}
            )

        return self.made("mix", t, build)


def sample(task: Task, text: str, name: str) -> Sample:
    return Sample(name, task.id, text, 5, text != BROKEN, 0)


def verdicts(t: int) -> tuple[dict[str, Any], ...]:
    rows = [{"accepted": a, "frozen": a, "score": float(a), "error": False, "why": ()} for a in ACCEPTED[t]]
    return tuple(rows)


def world(
    tmp_path: Path, arm: Arm | None = None, others: Literal["every", "first-and-last"] = "every"
) -> tuple[Any, Cell]:
    study = Study(
        name="tiny",
        question="?",
        arms=(arm or Arm(policy="quality"),),
        evaluation=Evaluation(samples=2, k=(1, 2, 3), others=others),
        probes=Probes(held_out=3, contamination=(3,)),
    )
    return World(study, Store(tmp_path)), cells(study)[0]


def test_the_page_holds_every_key_and_plain_json(tmp_path: Path) -> None:
    looks, cell = world(tmp_path)
    page, _ = measure(looks, cell, 0, last=False)
    keys = (
        "round pass_at_1_greedy pass_at_1_sampled pass_at_k benchmarks strata acceptance acceptance_frozen correctness "
        "wrong_accept_rate gate_precision gate_recall gate_auroc gate_errors held_out correctness_held_out "
        "rubber_stamp_index total_variation drift diversity spectrum tail_recall degeneracy contamination endings "
        "documents final_loss seconds"
    )
    assert set(page) == set(keys.split())
    assert json.loads(json.dumps(page, allow_nan=False)) == page


def test_scores_and_their_rows_agree(tmp_path: Path) -> None:
    looks, cell = world(tmp_path)
    page, rows = measure(looks, cell, 1, last=False)
    assert page["pass_at_1_greedy"] == page["pass_at_1_sampled"] == 0.5
    assert page["pass_at_k"] == {"1": 0.5, "2": 0.5, "3": None}
    assert page["strata"] == {"head": 1.0, "middle": 0.0, "tail": 0.0}
    assert page["benchmarks"]["two"]["strata"]["head"] == {"greedy": 1.0, "sampled": 1.0}
    assert len(rows) == 8
    assert rows[0] == {
        "label": "quality", "policy": "quality", "base": 0, "seed": 0, "round": 1, "benchmark": "one",
        "task": "one0", "stratum": "head", "family": "lists", "greedy": 1, "n": 2, "c": 2,
    }  # fmt: skip


def test_further_benchmarks_may_be_scored_in_the_first_and_the_last_round_alone(tmp_path: Path) -> None:
    looks, cell = world(tmp_path, others="first-and-last")
    assert set(measure(looks, cell, 0, last=False)[0]["benchmarks"]) == {"one", "two"}
    page, rows = measure(looks, cell, 1, last=False)
    assert set(page["benchmarks"]) == {row["benchmark"] for row in rows} == {"one"}
    assert set(measure(looks, cell, 1, last=True)[0]["benchmarks"]) == {"one", "two"}


def test_the_gate_is_measured_on_the_pool_and_on_held_out_samples(tmp_path: Path) -> None:
    looks, cell = world(tmp_path)
    page, _ = measure(looks, cell, 1, last=False)
    assert (page["acceptance"], page["correctness"], page["wrong_accept_rate"]) == (0.75, 0.5, 0.5)
    assert page["held_out"]["fresh"]["wrong_accept_rate"] == 0.5
    assert page["held_out"]["frozen"]["precision"] == 1.0
    # Accepted .5 -> .75 while right .75 -> .5.
    assert page["rubber_stamp_index"] == pytest.approx(0.5)
    assert page["correctness_held_out"] == pytest.approx(2 / 3)
    assert page["endings"] == {"passed": 2, "wrong": 1, "SyntaxError": 1}


def test_samples_are_looked_at(tmp_path: Path) -> None:
    looks, cell = world(tmp_path)
    page, _ = measure(looks, cell, 1, last=False)
    assert page["drift"] == PROBE["drift"]
    assert page["diversity"]["duplicate_share"] == 0.25
    assert page["diversity"]["per_prompt"] == pytest.approx((0.75 + 0.25) / 2)
    assert page["degeneracy"] == {"stop_rate": 0.75, "cap_rate": 0.25, "repeated_line_share": 0.0}
    assert page["tail_recall"] == 1.0
    assert measure(looks, cell, 2, last=True)[0]["tail_recall"] == 0.0


def test_documents_are_those_that_the_pool_gave_and_lessons_are_no_copies(tmp_path: Path) -> None:
    looks, cell = world(tmp_path)
    page, _ = measure(looks, cell, 1, last=False)
    assert page["documents"] == {"synthetic": 3, "human": 0, "lesson": 1}
    assert page["contamination"] == {
        "3": pytest.approx(1.0),
        "ast": pytest.approx(2 / 3),
        "human": {"3": 1.0, "ast": 1.0},
    }


def test_nothing_trains_on_the_last_pool(tmp_path: Path) -> None:
    looks, cell = world(tmp_path)
    page, _ = measure(looks, cell, 1, last=True)
    assert page["documents"] is page["contamination"] is None
    assert ("mix", 1) not in looks.asked


def test_a_loss_is_that_of_this_round_only(tmp_path: Path) -> None:
    looks, cell = world(tmp_path)
    losses = [measure(looks, cell, t, last=t == 2)[0]["final_loss"] for t in range(3)]
    assert losses == [None, 1.0, 0.5]
    # Where a round gave nothing to train on, the model is the earlier one and has no loss of its own.
    looks.documents = lambda cell, t: looks.made("mix", 9, lambda p: write_json(p / "counts.json", {"documents": 0}))
    assert measure(looks, cell, 2, last=True)[0]["final_loss"] is None


def test_controls_have_no_gate(tmp_path: Path) -> None:
    looks, cell = world(tmp_path, Arm(control="human"))
    page, rows = measure(looks, cell, 1, last=False)
    assert page["acceptance"] is page["gate_errors"] is page["held_out"] is page["rubber_stamp_index"] is None
    assert page["total_variation"] is None
    assert page["correctness"] == 0.5
    assert page["correctness_held_out"] == pytest.approx(2 / 3)
    assert rows[0]["policy"] == "human"


def test_seconds_are_counted_in_the_round_that_needed_them_first(tmp_path: Path) -> None:
    looks, cell = world(tmp_path)
    first, _ = measure(looks, cell, 0, last=False)
    second, _ = measure(looks, cell, 1, last=False)
    assert first["seconds"] == {"evaluate": 2.0, "generate": 1.0, "probe": 1.0, "mix": 1.0}
    assert second["seconds"] == {"evaluate": 2.0, "generate": 1.0, "probe": 1.0, "mix": 1.0, "train": 1.0}


def test_an_empty_benchmark_sample_is_undefined_not_wrong(tmp_path: Path) -> None:
    looks, cell = world(tmp_path)
    looks.study = looks.study.model_copy(update={"probes": Probes(held_out=0)})
    assert measure(looks, cell, 0, last=True)[0]["correctness_held_out"] is None
