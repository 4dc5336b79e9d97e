from __future__ import annotations

from typing import Any

import pytest

from gates.gate import CouldNotJudgeError
from gates.mutants.trial import Fate, read_trial

TESTS = {"k": "tests", "problem": None, "passed": 3, "failed": 1, "uncollected": 0, "example": "t.py::t"}
FINISH = {"k": "finish", "status": 0, "timeout": False, "flood": False, "forged": 0}


def mutant(number: int, status: str) -> dict[str, Any]:
    return {"k": "mutant", "n": number, "status": status, "tests": 2}


def test_the_records_become_fates() -> None:
    records = [TESTS, mutant(1, "uncovered"), {"k": "control", "status": "passed"}, mutant(0, "killed"), FINISH]
    trial = read_trial([*records, {"k": "done", "exit": 0}], 3)
    assert trial.fates == {1: Fate.UNCOVERED, 0: Fate.KILLED}
    assert trial.tests == {1: 2, 0: 2}
    assert (trial.passed, trial.failed, trial.example, trial.problem) == (3, 1, "t.py::t", None)


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([TESTS], "ended before it had reported everything"),
        ([TESTS, {**FINISH, "forged": 1}], "something other than the test runner"),
        ([TESTS, {**FINISH, "timeout": True}], "did not finish"),
        ([TESTS, {**FINISH, "flood": True}], "did not finish"),
        ([TESTS, {**FINISH, "status": -9}], "ended with status -9"),
        ([{"k": "internal", "message": "no pytest"}, {**FINISH, "status": 70}], "ended with status 70 (no pytest)"),
        ([{**TESTS, "problem": "it hung"}, FINISH], "it hung"),
        ([TESTS, {"k": "control", "status": "failed"}, FINISH], "flaky or need an order"),
        ([TESTS, {"k": "control", "status": "timeout"}, FINISH], "too long to be run again"),
    ],
)
def test_a_trial_that_is_no_measure_says_why(records: list[dict[str, Any]], words: str) -> None:
    problem = read_trial(records, 1).problem
    assert problem is not None and words in problem


@pytest.mark.parametrize(
    "record", [mutant(5, "killed"), mutant(0, "odd"), {"k": "mutant"}, {"k": "control", "status": "odd"}, {}]
)
def test_records_that_make_no_sense_are_no_verdict(record: dict[str, Any]) -> None:
    with pytest.raises(CouldNotJudgeError):
        read_trial([record, FINISH], 1)


def test_a_hang_is_noticed_and_a_line_that_no_test_runs_is_not() -> None:
    assert [f for f in Fate if f.is_noticed] == [Fate.KILLED, Fate.TIMEOUT]
