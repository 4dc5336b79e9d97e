from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from collapse_lab.policies import policy_of
from collapse_lab.sample import reviewable
from collapse_lab.self_gates.context import LabContext
from collapse_lab.stages.gate import gate
from gates.cache import Cache
from gates.exogenous import base_tests
from gates.gate import CouldNotJudgeError
from tests.collapse_lab.self_gates.standin import Batch, task

RIGHT = (
    "    return n + n\n",
    "    return 2*n\n",
    "    return sum([n, n])\n",
    "    return float(2 * n)\n",
    "    print(n)\n    return 2 * n\n",
    "    total = 0\n    for _ in range(2):\n        total += n\n    return total\n",
    "    import math\n    return math.prod((2, n))\n",
    "    return n << 1\n",
    "    return (lambda k: 2 * k)(n)\n",
    "    return 2 * n if n else 0\n",
    "    return max(2 * n, n * 2)\n",
    "    class Number(int):\n        pass\n    return int(Number(n) + n)\n",
)
WRONG = (
    "    return n * n\n",
    "    pass\n",
    "    return str(2 * n)\n",
    "    return [2 * n]\n",
    "    return 2 * n if n > 0 else 0\n",
    "    return float('nan')\n",
    "    yield 2 * n\n",
)
CRASH = (
    "    return m\n",
    "    return 1 // 0\n",
    "    assert n > 0\n    return 2 * n\n",
    "    raise SystemExit(0)\n",
    "    return double(n)\n",
    "    import os\n    os._exit(0)\n",
)
BROKEN = ("    return (\n", "  return 2 * n\n", "", "    return '\0'\n")
HANG = ("    while True:\n        pass\n",)


def by_pytest(context: LabContext, completions: tuple[str, ...], seconds: float) -> list[str]:
    batch = Batch(context, completions)
    changes = [reviewable(t, s) for t, s in zip(batch.tasks, batch.samples, strict=True)]
    settings = base_tests.BaseTestsSettings(seconds=seconds)
    return [v.outcome.value for v in base_tests.GATE.judge(changes, settings, context)]


@pytest.mark.sandbox
def test_the_prepared_tests_come_to_the_verdict_of_pytest(
    running: LabContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The base's own run is remembered, so that the sample that hangs need not be waited for as long.
    context = replace(running, cache=Cache(tmp_path))
    quick = RIGHT + WRONG + CRASH + BROKEN
    assert len(quick + HANG) >= 30
    told = by_pytest(context, quick, 120)
    monkeypatch.setattr(base_tests, "_START_SECONDS", 0.1)
    told += by_pytest(context, HANG, 4)
    expected = ["accept"] * len(RIGHT) + ["reject"] * (len(quick + HANG) - len(RIGHT))
    assert told == expected
    assert Batch(context, quick + HANG).outcomes(base_tests.GATE) == expected


@pytest.mark.sandbox
def test_a_module_that_is_nowhere_is_accepted_by_neither(running: LabContext) -> None:
    # A review cannot tell it from a dependency that is not installed; a study's tasks need none.
    wanting = ("    import no_such_module\n",)
    assert by_pytest(running, wanting, 120) == ["error"]
    assert Batch(running, wanting).outcomes(base_tests.GATE) == ["reject"]


@pytest.mark.sandbox
def test_a_class_that_equals_everything_passes_no_prepared_test(running: LabContext) -> None:
    liar = "    class Any:\n        def __eq__(self, other):\n            return True\n    return Any()\n"
    batch = Batch(running, [liar])
    (verdict,) = base_tests.GATE.judge(batch.changes, base_tests.BaseTestsSettings(), batch.context)
    assert verdict.outcome.value == "reject"
    assert "visible case 0" in verdict.reason


def test_without_a_harness_nothing_is_accepted(lab: LabContext) -> None:
    with pytest.raises(CouldNotJudgeError, match="harness"):
        Batch(lab, [RIGHT[0]]).outcomes(base_tests.GATE)


def test_a_change_that_nothing_is_prepared_for_is_left_to_pytest(running: LabContext) -> None:
    batch = Batch(running, [RIGHT[0], WRONG[0]])
    strange = reviewable(task(), replace(batch.samples[0], id="another"))
    prepared = batch.context.prepared_tests
    assert prepared is not None
    found = prepared.outcomes([*batch.changes, strange])
    assert [one and one.failure is None for one in found] == [True, False, None]


@pytest.mark.sandbox
@pytest.mark.parametrize("name", ["tests", "strict"])
def test_a_study_judges_its_samples_by_the_visible_cases(name: str, running: LabContext) -> None:
    batch = Batch(running, [RIGHT[0], WRONG[0], BROKEN[0]])
    made = gate(policy_of(name), batch.tasks, batch.samples, running)
    assert [g.accepted for g in made] == [True, False, False]
    assert all("base-tests" in g.why for g in made[1:])
