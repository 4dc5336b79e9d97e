"""A study of answers in words, from its file to its page: nothing is run, and nothing pretends to be pass@k."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from collapse_lab import page
from collapse_lab.arms import ArmsError, cells
from collapse_lab.benchmarks.answers.rubric import Summary, YesOrNo
from collapse_lab.execution.outcome import Program, Verdict
from collapse_lab.metrics.passk import pass_at_k
from collapse_lab.models.model import Completion, Sampling
from collapse_lab.sample import Sample
from collapse_lab.stages.evaluate import evaluate
from collapse_lab.stages.facts import facts
from collapse_lab.stages.truth import truth
from collapse_lab.studies import models_of, open_study
from collapse_lab.study import Evaluation, Study
from collapse_lab.tasks.task import Benchmark, Case, Task

CASE = Case("(1,)", "2")
CODE = Task("code", "def f(n):\n", "f", "    return 2 * n\n", (CASE,), (CASE,), "head", "numbers")
ASKED = [
    Task("yes", "int f;\nAnswer:", "", " yes\n", (), (), "middle", "chrome", rubric=YesOrNo(True)),
    Task("no", "int g;\nAnswer:", "", " no\n", (), (), "middle", "debian", rubric=YesOrNo(False)),
]
SAID = Task("sum", "def f(): ...\nAnswer:", "", " Add all.\n", (), (), "middle", "x", rubric=Summary("Add all."))


def study(**changed: Any) -> Study:
    whole = {
        "name": "asked",
        "question": "Is it vulnerable?",
        "model": {"kind": "pretrained", "name": "smollm2"},
        "tasks": {"kind": "code", "benchmarks": [{"name": "reveal"}], "pool": {"name": "reveal"}},
        "arms": [{"policy": "none"}],
    }
    return Study.model_validate({**whole, **changed})


class Told:
    """A model that answers what it was told to, whatever it is asked."""

    def __init__(self, answers: Sequence[str]) -> None:
        self._answers = answers

    def complete(self, prompts: Sequence[str], seeds: Sequence[int], sampling: Sampling) -> list[Completion]:
        """Answer each prompt with the next answer, beginning anew after the last."""
        return [Completion(self._answers[n % len(self._answers)], 1, True) for n in range(len(prompts))]


def _nothing_is_run(programs: Sequence[Program]) -> list[Verdict]:
    assert not programs
    return []


def test_truth_runs_code_and_compares_words_each_in_its_place() -> None:
    tasks = [SAID, CODE, ASKED[0], CODE, ASKED[1]]
    samples = [Sample(str(n), t.id, c, 1, True, 0) for n, (t, c) in enumerate(zip(tasks, "abcde", strict=True))]
    ran: list[str] = []

    def execute(programs: Sequence[Program]) -> list[Verdict]:
        ran.extend(program.source for program in programs)
        return [Verdict("passed"), Verdict("wrong", case=0)]

    found = truth(tasks, samples, execute)
    assert ran == [CODE.program("b"), CODE.program("d")]
    assert [verdict.ending for verdict in found] == ["answered", "passed", "neither", "wrong", "neither"]
    assert [row["passed"] for row in facts(tasks, found)] == [None, True, False, False, False]
    assert {row["ending"] for row in facts(tasks, found)} == {"answered", "passed", "neither", "wrong"}


def test_the_hash_knows_the_rule_that_marks() -> None:
    alike = [replace(ASKED[0], rubric=rubric) for rubric in (None, YesOrNo(True), YesOrNo(False), Summary("yes"))]
    assert len({repr(task) for task in alike}) == 1
    assert len({Benchmark("reveal", (task,)).hash for task in alike}) == 4


def test_rows_of_questions_count_right_answers_and_what_was_said() -> None:
    benchmark = Benchmark("reveal", tuple(ASKED))
    answers = evaluate(Told([" yes\n"]), benchmark, Evaluation(samples=2), 0, _nothing_is_run)  # type: ignore[arg-type]
    rows = page.task_rows([answer.as_row() for answer in answers], benchmark.tasks)
    shared = {"yes": 1.0, "greedy_yes": 1.0, "neither": 0.0, "greedy_neither": 0.0, "stratum": "middle"}
    assert rows == [
        {"task": "yes", "family": "chrome", "greedy": 1, "n": 2, "c": 2, "positive": 1, **shared},
        {"task": "no", "family": "debian", "greedy": 0, "n": 2, "c": 0, "positive": 0, **shared},
    ]
    found = page.benchmark_scores(rows)
    assert (found["greedy"], found["sampled"]) == (0.5, 0.5)
    both = {"greedy": pytest.approx(2 / 3), "sampled": pytest.approx(2 / 3)}
    half, whole, none = ({"greedy": share, "sampled": share} for share in (0.5, 1, 0))
    assert found["marks"] == {"precision": half, "recall": whole, "f1": both, "neither": none}


def test_summaries_are_no_samples_of_pass_at_k() -> None:
    benchmark = Benchmark("codesearchnet", (SAID,))
    answers = evaluate(Told([" Add all.\n"]), benchmark, Evaluation(samples=3), 0, _nothing_is_run)  # type: ignore[arg-type]
    table = [answer.as_row() for answer in answers]
    assert {row["passed"] for row in table} == {None}
    rows = page.task_rows(table, benchmark.tasks)
    assert (rows[0]["greedy"], rows[0]["n"], rows[0]["c"]) == (None, 0, 0)
    found = page.benchmark_scores(rows)
    assert (found["greedy"], found["sampled"], page.pass_at(rows, 1)) == (None, None, None)
    assert found["marks"]["bleu"] == {"greedy": pytest.approx(1), "sampled": pytest.approx(1)}
    assert page.share(table, "passed") is None
    with pytest.raises(ValueError, match="cannot be estimated from 0 samples"):
        pass_at_k(rows[0]["n"], rows[0]["c"], 1)


def test_rows_of_code_are_as_they_were() -> None:
    answer = {"task": "code", "passed": True, "greedy": False}
    (row,) = page.task_rows([answer], [CODE])
    assert row == {"task": "code", "stratum": "head", "family": "numbers", "greedy": None, "n": 1, "c": 1}
    assert set(page.benchmark_scores([row])) == {"greedy", "sampled", "strata"}


@pytest.mark.parametrize("policy", ["compile", "lint", "tests", "execution", "self-consistency", "write-back"])
def test_what_judges_code_judges_no_answers(policy: str) -> None:
    with pytest.raises(ArmsError, match=r"judges code \(`.*`\), and in study asked answers in words are written"):
        cells(study(arms=[{"policy": policy}]))


@pytest.mark.parametrize("policy", ["none", "perplexity-low-frozen", "self-score-frozen", "frozen-judge", "novelty"])
def test_what_reads_text_judges_answers(policy: str) -> None:
    assert len(cells(study(arms=[{"policy": policy}]))) == 3


def test_only_labels_make_an_oracle() -> None:
    study(arms=[{"control": "oracle"}])
    summaries = {"kind": "code", "benchmarks": [{"name": "codesearchnet"}], "pool": {"name": "codesearchnet"}}
    with pytest.raises(ValidationError, match="control `oracle` needs a pool whose tasks have tests"):
        study(tasks=summaries, arms=[{"control": "oracle"}])


def test_a_benchmark_and_a_pool_of_one_name_are_of_one_file() -> None:
    here = {"kind": "code", "benchmarks": [{"name": "reveal", "path": "a"}], "pool": {"name": "reveal", "path": "b"}}
    with pytest.raises(ValidationError, match="the benchmark and the pool `reveal` need the same `path`"):
        study(tasks=here)
    study(tasks={**here, "pool": {"name": "reveal", "path": "a"}})
    study(tasks={**here, "benchmarks": [{"name": "codesearchnet", "path": "a"}]})


def test_code_may_stand_behind_answers_in_words_and_has_its_own_length() -> None:
    whole = {"kind": "code", "benchmarks": [{"name": "reveal"}, {"name": "humaneval", "max_tokens": 300}]}
    pool = {"pool": {"name": "reveal"}}
    both = study(tasks={**whole, **pool})
    assert both.evaluation_on("reveal") == both.evaluation
    longer = both.evaluation_on("humaneval")
    assert (longer.greedy.max_tokens, longer.sampling.max_tokens) == (300, 300)
    assert longer.capped(64) == both.evaluation
    # Where nobody says a length, keys are as before it could be said.
    dumped = both.model_dump(mode="json")["tasks"]["benchmarks"]
    assert ["max_tokens" in choice for choice in dumped] == [False, True]
    with pytest.raises(ValidationError, match="`humaneval` asks for code and the pool `reveal` for words"):
        study(tasks={**whole, "benchmarks": whole["benchmarks"][::-1], **pool})
    study(tasks={**whole, "benchmarks": whole["benchmarks"][::-1], "pool": {"name": "pocket"}})


def test_a_pocket_model_is_asked_nothing_in_words() -> None:
    with pytest.raises(ValidationError, match="answers in words need a pretrained one"):
        study(model={"kind": "pocket"})


@pytest.mark.parametrize("name", ["se-tasks", "se-tasks-summaries"])
@pytest.mark.parametrize("quick", [False, True])
def test_the_shipped_studies_have_real_synthetic_and_hybrid_data_and_mitigations(name: str, quick: bool) -> None:
    shipped = open_study(name, model="smollm2", quick=quick)
    labels = [cell.label for cell in cells(shipped)]
    assert {"none", "none, hybrid, human 50%", "human"} <= set(labels)
    if not quick:
        assert shipped.rounds == 10
        assert {"perplexity-low-frozen", "perplexity-high-frozen", "none, accumulate"} <= set(labels)
        assert ("oracle" in labels) is (name == "se-tasks")
    assert {"qwen3-14b", "llama-3.1-8b"} < set(models_of(name))
    assert shipped.tasks.answered
    assert [choice.answered for choice in shipped.tasks.benchmarks] == [True, True, False]
    assert shipped.model.tuned is not None
    json.dumps(shipped.model_dump(mode="json"))
