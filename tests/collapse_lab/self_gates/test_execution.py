from __future__ import annotations

import pytest

from collapse_lab.self_gates import execution
from collapse_lab.self_gates.context import LabContext
from gates.gate import CouldNotJudgeError
from tests.collapse_lab.self_gates.standin import Batch

WRONG = "    return n * n\n"
RAISES = "    return n\n\n\nprint(1 / 0)\n"
MISSING = "    return n\n\n\nimport no_such_module\n"
ENDLESS = "    return n\n\n\nwhile True:\n    pass\n"


def test_what_comes_to_its_end_passes_whatever_it_returns(running: LabContext) -> None:
    batch = Batch(running, [WRONG, RAISES, "    return (\n", MISSING, ENDLESS])
    verdicts = execution.GATE.judge(batch.changes, execution.ExecutionSettings(), batch.context)
    assert [v.outcome.value for v in verdicts] == ["accept", "reject", "reject", "reject", "reject"]
    said = ("ZeroDivisionError", "SyntaxError", "ModuleNotFoundError", "timeout")
    assert all(word in verdict.reason for word, verdict in zip(said, verdicts[1:], strict=True))


def test_a_missing_module_is_forgiven_where_that_was_asked_for(running: LabContext) -> None:
    batch = Batch(running, [MISSING, RAISES])
    assert batch.outcomes(execution.GATE, execution.ExecutionSettings(relaxed=True)) == ["accept", "reject"]


def test_nothing_is_run_without_a_harness(lab: LabContext) -> None:
    batch = Batch(lab, [WRONG])
    with pytest.raises(CouldNotJudgeError, match="harness"):
        execution.GATE.judge(batch.changes, execution.ExecutionSettings(), batch.context)
