"""Prompts without tests: nobody knows what is right, and nothing counts it as right or wrong."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from collapse_lab import page
from collapse_lab.arms import ArmsError, cells
from collapse_lab.execution.outcome import Verdict
from collapse_lab.stages.facts import facts
from collapse_lab.study import Study
from collapse_lab.tasks.task import Case, Task

CASE = Case("(1,)", "2")
TESTED = Task("a", "def f(n):\n", "f", "    return 2 * n\n", (CASE,), (CASE,), "head", "numbers")
FOUND = Task("b", "def g(n):\n", "g", "    return n\n", (), (), "middle", "attrs")


def study(**changed: Any) -> Study:
    whole = {
        "name": "found",
        "question": "What is right?",
        "model": {"kind": "pretrained", "name": "smollm2"},
        "tasks": {"kind": "code", "benchmarks": [{"name": "everyday"}], "pool": {"name": "functions"}},
        "arms": [{"policy": "compile"}],
    }
    return Study.model_validate({**whole, **changed})


def test_without_tests_an_answer_is_loaded_and_neither_right_nor_wrong() -> None:
    verdicts = [Verdict("passed"), Verdict("passed"), Verdict("error", "SyntaxError", -1)]
    assert facts([TESTED, FOUND, FOUND], verdicts) == [
        {"passed": True, "ending": "passed", "exception": ""},
        {"passed": None, "ending": "loaded", "exception": ""},
        {"passed": None, "ending": "error", "exception": "SyntaxError"},
    ]


def test_a_share_is_of_what_is_known() -> None:
    rows = [{"passed": True}, {"passed": False}, {"passed": None}, {"passed": None}]
    assert page.share(rows, "passed") == 0.5
    assert page.share(rows[2:], "passed") is None


def test_a_gate_s_quality_is_that_on_what_is_known_and_its_acceptance_on_all() -> None:
    truth = [{"passed": True}, {"passed": False}, {"passed": None}, {"passed": None}]
    verdicts = [{"accepted": a, "frozen": a, "score": None, "error": False} for a in (True, False, True, True)]
    found = page.gate_quality(verdicts, truth)
    assert (found.acceptance, found.precision, found.recall, found.wrong_accept_rate) == (0.75, 1.0, 1.0, 0.0)
    unknown = page.gate_quality(verdicts[2:], truth[2:])
    assert (unknown.acceptance, unknown.precision, unknown.recall, unknown.auroc) == (1.0, None, None, None)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"arms": [{"control": "oracle"}]}, "control `oracle` needs a pool whose tasks have tests"),
        ({"judge": {}}, "a `judge` stage teaches a pocket model"),
        ({"tasks": {"kind": "code", "benchmarks": [{"name": "mbpp"}] * 2}}, "a benchmark stands twice"),
    ],
)
def test_a_study_that_cannot_be_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        study(**changed)


@pytest.mark.parametrize("policy", ["tests", "strict", "self-consistency", "write-back"])
def test_arms_that_run_visible_tests_need_some(policy: str) -> None:
    with pytest.raises(ArmsError, match=r"runs visible tests .* have none"):
        cells(study(arms=[{"policy": policy}]))
    tested = study(arms=[{"policy": policy}], tasks={"kind": "code", "benchmarks": [{"name": "everyday"}]})
    assert len(cells(tested)) == 3


def test_a_foreign_judge_is_another_model() -> None:
    with pytest.raises(ArmsError, match="foreign"):
        cells(study(arms=[{"policy": "foreign-judge"}]))
    two = study(
        arms=[{"policy": "foreign-judge"}], model={"kind": "pretrained", "name": "smollm2", "foreign": "qwen3-0.6b"}
    )
    assert [two.model.other_than(base) for base in (0, 1)] == [1, None]
    assert {cell.base for cell in cells(two)} == {0}


def test_a_model_without_a_kind_is_a_pocket_one() -> None:
    assert study(model={"width": 64}, tasks={}).model.kind == "pocket"
