"""The benchmarks' own solutions pass and faulty ones do not; ``tests.benchmarks.execution`` compares with the
evaluators themselves, where they are installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collapse_lab.execution import evalplus
from collapse_lab.execution.evalplus import EvalPlus, PlusVerdict
from collapse_lab.execution.harness import Harness
from collapse_lab.execution.human_eval import LIMITS, human_eval
from collapse_lab.execution.mbpp_inputs import restore
from tests.collapse_lab.execution.benchdata import rows
from tests.collapse_lab.execution.faults import faulty

pytestmark = pytest.mark.sandbox

# Each takes seconds; `python -m tests.benchmarks execution` judges all problems, these too.
SLOW = {
    "HumanEval/15", "HumanEval/36", "HumanEval/59", "HumanEval/83", "HumanEval/94", "HumanEval/100", "HumanEval/130",
    "HumanEval/139", "Mbpp/84", "Mbpp/123", "Mbpp/255", "Mbpp/271", "Mbpp/389", "Mbpp/392", "Mbpp/583", "Mbpp/589",
    "Mbpp/592", "Mbpp/599", "Mbpp/603", "Mbpp/630",
}  # fmt: skip


@pytest.fixture(scope="module")
def roomy() -> Iterator[Harness]:
    with Harness(2, evalplus.LIMITS) as made:
        yield made


def test_human_evals_own_solutions_pass() -> None:
    problems = rows("HumanEval.jsonl.gz")
    with Harness(2, LIMITS) as harness:
        verdicts = harness.judge([human_eval(p, p["canonical_solution"]) for p in problems])
        assert [p["task_id"] for p, v in zip(problems, verdicts, strict=True) if not v.passed] == []
        nothing = harness.judge([human_eval(p, "    return None\n") for p in problems])
        crash = harness.judge([human_eval(p, "    raise SystemExit(0)\n") for p in problems[:5]])
    assert len(verdicts) == 164
    assert [p["task_id"] for p, v in zip(problems, nothing, strict=True) if v.passed] == []
    assert {v.exception for v in crash} == {"SystemExit"}


@pytest.mark.parametrize(
    ("dataset", "file", "count"), [("humaneval", "HumanEvalPlus.jsonl.gz", 52), ("mbpp", "MbppPlus.jsonl.gz", 122)]
)
def test_a_third_of_evalplus_solutions_pass(roomy: Harness, dataset: evalplus.Dataset, file: str, count: int) -> None:
    problems = [p for p in rows(file) if p["task_id"] not in SLOW][::3]
    judge = EvalPlus(dataset, problems, roomy)
    verdicts = judge.judge([(p["task_id"], judge.solution(p["task_id"], p["canonical_solution"])) for p in problems])
    assert [p["task_id"] for p, v in zip(problems, verdicts, strict=True) if not v.plus] == []
    assert len(verdicts) == count


def test_faulty_solutions_fail_and_liars_do_not_pass(roomy: Harness) -> None:
    problems = [p for p in rows("HumanEvalPlus.jsonl.gz") if p["task_id"] not in SLOW][:20]
    judge = EvalPlus("humaneval", problems, roomy)
    liar = "class L:\n    def __eq__(self, other): return True\n\ndef {}(*args): return L()\n"
    assert not any(
        v.base or v.plus for v in judge.judge([(p["task_id"], liar.format(p["entry_point"])) for p in problems])
    )
    variants = [
        (p["task_id"], text)
        for p in problems
        for text in faulty(judge.solution(p["task_id"], p["canonical_solution"]), 2)
    ]
    # Most faults are seen, and some by the plus inputs alone: that is what those are for.
    verdicts = judge.judge(variants)
    assert sum(v.plus for v in verdicts) < len(verdicts) / 2
    assert any(v.base and not v.plus for v in verdicts)


def _problem(
    task: int, entry_point: str, solution: str, inputs: list[list[object]], atol: float = 0
) -> dict[str, object]:
    half = len(inputs) // 2
    return {
        "task_id": f"Mbpp/{task}", "prompt": "", "entry_point": entry_point, "canonical_solution": solution,
        "base_input": inputs[:half], "plus_input": inputs[half:], "atol": atol,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entry_point", "canonical", "sample", "passed"),
    [
        # compared as sets, whatever the order
        ("Diff", "def Diff(a, b): return [1, 2, 3]", "def Diff(a, b): return (3, 2, 1, 1)", True),
        ("Diff", "def Diff(a, b): return [1, 2, 3]", "def Diff(a, b): return (3, 2)", False),
        # compared as None or not
        ("check_str", "def check_str(a, b): return [a]", "def check_str(a, b): return b", True),
        ("check_str", "def check_str(a, b): return [a]", "def check_str(a, b): return None", False),
        ("check_str", "def check_str(a, b): return [a]", "def check_str(a, b): return False", False),
        # anything goes, as long as it returns
        ("are_equivalent", "def are_equivalent(a, b): return 1", "def are_equivalent(a, b): return 2", True),
        ("are_equivalent", "def are_equivalent(a, b): return 1", "def are_equivalent(a, b): return a / 0", False),
        ("sum_div", "def sum_div(a, b): return a", "def sum_div(a, b): return 0", True),
        # digit by digit, too
        ("digit_distance_nums", "def digit_distance_nums(a, b): return b - a",
         "def digit_distance_nums(a, b): return abs(a % 10 - b % 10) + abs(a // 10 - b // 10)", True),
        # floats are near; their type still counts
        ("f", "def f(a, b): return a / 3", "def f(a, b): return a / 3 + 1e-8", True),
        ("f", "def f(a, b): return a / 3", "def f(a, b): return a / 3 + 1e-3", False),
        ("f", "def f(a, b): return [a / 3]", "def f(a, b): return (a / 3 + 1e-8,)", False),
        ("f", "def f(a, b): return float('nan')", "def f(a, b): return float('nan')", False),
        ("f", "def f(a, b): return a", "def f(a, b): return float(a)", True),
        ("f", "def f(a, b): return a", "def f(a, b): return a + 1", False),
    ],
)  # fmt: skip
def test_evalplus_rules(roomy: Harness, entry_point: str, canonical: str, sample: str, passed: bool) -> None:
    problem = _problem(9999, entry_point, canonical, [[10, 32], [21, 43], [30, 58], [41, 59]])
    judge = EvalPlus("mbpp", [problem], roomy)
    assert judge.judge([("Mbpp/9999", sample)]) == [PlusVerdict(passed, passed)]


def test_a_canonical_solution_that_fails_is_an_error(roomy: Harness) -> None:
    problem = _problem(9999, "f", "def f(x): return 1 // x", [[1], [0]])
    with pytest.raises(ValueError, match="Mbpp/9999 does not return a value for each input: it ended with ZeroDiv"):
        EvalPlus("mbpp", [problem], roomy)


@pytest.mark.parametrize(
    ("task", "given", "means"),
    [
        (1, [[1], 2], [[1], 2]),
        (2, [[1], [2]], [(1,), (2,)]),
        (63, [[[1, 2]]], [[(1, 2)]]),
        (75, [[[1]], 2], [[(1,)], 2]),
        (106, [[1], [2]], [[1], (2,)]),
        (115, [[[1, 1], []]], [[{1}, {}]]),
        (124, ["1.5", "(1+2j)"], [1.5, 1 + 2j]),
        (252, ["2j"], [2j]),
        (259, [[[1], [2]]], [((1,), (2,))]),
        (278, [[1, [2]]], [(1, (2,))]),
        (307, [[1], 2, 3], [(1,), 2, 3]),
        (580, [[1, [2, [3]]]], [(1, (2, (3,)))]),
        (722, [{"a": [1]}, 2], [{"a": (1,)}, 2]),
    ],
)
def test_inputs_that_json_cannot_say(task: int, given: list[object], means: list[object]) -> None:
    assert restore(f"Mbpp/{task}", [given]) == [means]
