"""A round's numbers, from plain dictionaries as the tables hold them."""

from __future__ import annotations

import json
from math import inf, nan
from typing import Any

import pytest

from collapse_lab import page
from collapse_lab.tasks.task import Stratum, Task


def task(name: str, stratum: Stratum = "head") -> Task:
    return Task(name, "def f():\n", "f", "    return 1\n", (), (), stratum, "numbers")


def answer(name: str, passed: bool, greedy: bool = False, completion: str = "") -> dict[str, Any]:
    return {"task": name, "passed": passed, "greedy": greedy, "completion": completion}


def verdict(accepted: bool, frozen: bool = False, score: float | None = None, error: bool = False) -> dict[str, Any]:
    return {"accepted": accepted, "frozen": frozen, "score": score, "error": error}


def fact(end: str, exception: str = "") -> dict[str, Any]:
    return {"passed": end == "passed", "ending": end, "exception": exception}


TASKS = [task("a"), task("b"), task("c", "tail")]
ANSWERS = [
    *(answer(name, passed, greedy=True) for name, passed in (("a", True), ("b", False), ("c", True))),
    *(answer("a", passed) for passed in (True, True, False, False)),
    *(answer("b", passed) for passed in (True, False, False, False)),
    *(answer("c", False) for _ in range(4)),
]


def test_a_row_counts_the_answers_of_a_task() -> None:
    assert page.task_rows(ANSWERS, TASKS) == [
        {"task": "a", "stratum": "head", "family": "numbers", "greedy": 1, "n": 4, "c": 2},
        {"task": "b", "stratum": "head", "family": "numbers", "greedy": 0, "n": 4, "c": 1},
        {"task": "c", "stratum": "tail", "family": "numbers", "greedy": 1, "n": 4, "c": 0},
    ]


def test_scores_are_means_over_tasks_in_all_and_by_stratum() -> None:
    found = page.benchmark_scores(page.task_rows(ANSWERS, TASKS))
    assert found["greedy"] == pytest.approx(2 / 3)
    assert found["sampled"] == pytest.approx((0.5 + 0.25 + 0) / 3)
    assert found["strata"] == {
        "head": {"greedy": 0.5, "sampled": pytest.approx(0.375)},
        "tail": {"greedy": 1.0, "sampled": 0.0},
    }


def test_pass_at_k_needs_k_samples_of_every_task() -> None:
    rows = page.task_rows(ANSWERS, TASKS)
    assert page.pass_at(rows, 2) == pytest.approx((1 - 1 / 6 + 0.5 + 0) / 3)
    assert page.pass_at(rows, 4) == pytest.approx(2 / 3)
    assert page.pass_at(rows, 5) is None


def test_a_benchmark_without_answers_has_no_score() -> None:
    rows = page.task_rows([], TASKS)
    assert page.scores(rows) == {"greedy": None, "sampled": None}
    assert page.benchmark_scores([])["strata"] == {}


def test_the_first_answer_is_the_first_sampled_one_of_the_tasks_asked_for() -> None:
    assert page.first_answers(ANSWERS, TASKS[1:]) == [ANSWERS[7], ANSWERS[11]]


def test_gate_figures_are_shares_of_the_pool() -> None:
    verdicts = [
        verdict(True, True, 0.9),
        verdict(True, False, 0.8),
        verdict(False, True, 0.1),
        verdict(False, error=True),
    ]
    truth = [fact("passed"), fact("wrong"), fact("passed"), fact("error", "SyntaxError")]
    assert page.gate_figures(verdicts, truth) == {
        "acceptance": 0.5,
        "acceptance_frozen": 0.5,
        "wrong_accept_rate": 0.5,
        "gate_precision": 0.5,
        "gate_recall": 0.5,
        "gate_auroc": 0.75,
        "gate_errors": 0.25,
    }


def test_no_gate_has_the_same_keys() -> None:
    assert page.no_gate() == dict.fromkeys(page.gate_figures([verdict(True)], [fact("passed")]))


def test_endings_name_exceptions_by_their_class() -> None:
    truth = [fact("wrong"), fact("error", "SyntaxError"), fact("error", "SyntaxError"), fact("timeout"), fact("passed")]
    assert page.endings(truth) == {"SyntaxError": 2, "wrong": 1, "timeout": 1, "passed": 1}


def test_an_error_without_a_class_is_an_error() -> None:
    assert page.ending(fact("error")) == "error"


def test_the_shift_is_over_strata_and_endings() -> None:
    truth = [fact("passed"), fact("wrong"), fact("passed"), fact("wrong")]
    accepted = [verdict(True), verdict(False), verdict(True), verdict(False)]
    assert page.shift(["head"] * 4, accepted, truth) == pytest.approx(0.5)
    assert page.shift(["head", "head", "tail", "tail"], [verdict(True)] * 4, truth) == 0
    assert page.shift(["head"] * 4, [verdict(False)] * 4, truth) is None


def test_diversity_of_a_pool_and_of_none() -> None:
    texts = ["    return a + b\n", "    return a + b\n", "    return len(c)\n"]
    found = page.diversity(texts, ["1", "1", "2"], [["1", "2"], ["1", "1"]])
    assert found["duplicate_share"] == pytest.approx(1 / 3)
    assert found["per_prompt"] == pytest.approx(0.75)
    assert 1 < (found["vendi"] or 0) < 3
    assert set(page.diversity([], [], []).values()) == {None}
    assert page.diversity([], [], []).keys() == found.keys()
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(("losses", "last"), [([2.0, 1.0], 1.0), ([], None), ([1.0, nan], None), ([inf], None)])
def test_the_last_loss_is_a_number_or_nothing(losses: list[float], last: float | None) -> None:
    assert page.last_loss(losses) == last


def test_seconds_are_added_by_stage() -> None:
    assert page.seconds([("gate", 1.5), ("train", 2.0), ("gate", 0.25)]) == {"gate": 1.75, "train": 2.0}
