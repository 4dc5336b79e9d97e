"""The same answers, judged here and by EvalPlus itself; ``python -m`` of ``parity`` does so for all tasks."""

from __future__ import annotations

import pytest

from tests.collapse_lab.benchmarks import parity

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(("name", "first", "step"), [("humaneval-plus", 1, 15), ("mbpp-plus", 0, 30)])
def test_evalplus_says_the_same(name: parity.Name, first: int, step: int) -> None:
    python = parity.installed()
    if python is None:
        pytest.skip("evalplus 0.3.1 is neither installed nor named by BENCH_EVALUATORS")
    given = parity.judged(name, parity.tasks(name)[first::step], python)
    assert [(a.task.id, a.kind, a.ours, a.theirs) for a in given if a.difference == "unnamed"] == []
    # Not alike because nothing passes, or because everything does.
    faults = [a for a in given if a.kind == "fault"]
    assert any(a.ours == (True, True) for a in faults)
    assert any(a.ours == (False, False) for a in faults)
    assert {a.difference for a in given} >= ({"lie", "HumanEval/32"} if name == "humaneval-plus" else {"lie"})
