from __future__ import annotations

import pytest

from collapse_lab.metrics.fingerprint import fingerprint
from collapse_lab.self_gates import novelty, write_back
from collapse_lab.self_gates.attribution import unattributed
from collapse_lab.self_gates.behaviour import behaviours
from collapse_lab.self_gates.context import LabContext
from collapse_lab.self_gates.prepared import VisibleCases
from collapse_lab.tasks.pocket import PocketSource
from collapse_lab.tasks.task import Case
from tests.collapse_lab.self_gates.standin import Batch, sample, task

TWICE, SUM, SQUARE = "    return 2 * n\n", "    return n + n\n", "    return n * n\n"


def test_a_program_is_new_once_whatever_its_names(lab: LabContext) -> None:
    named, renamed = "    m = n\n    return m\n", "    other = n  # a comment\n    return other\n"
    assert Batch(lab, [named, TWICE, renamed]).outcomes(novelty.GATE) == ["accept", "accept", "reject"]


def test_what_was_trained_on_is_not_new(lab: LabContext) -> None:
    known = frozenset({fingerprint(task().program(TWICE))})
    assert Batch(lab, [TWICE, SUM]).outcomes(novelty.GATE, trained_on=known) == ["reject", "accept"]


def test_code_that_does_not_parse_is_new_as_well(lab: LabContext) -> None:
    assert Batch(lab, ["    return (\n", "    return [\n", "    return (\n"]).outcomes(novelty.GATE) == [
        "accept",
        "accept",
        "reject",
    ]


def test_write_back_wants_entailment_attribution_and_novelty(running: LabContext) -> None:
    by_rote = "    return {1: 2, 3: 6, -2: -4}.get(*locals().values())\n"
    batch = Batch(running, [TWICE, SQUARE, by_rote, TWICE, SUM])
    verdicts = write_back.GATE.judge(batch.changes, write_back.GATE.settings_type(), batch.context)
    assert [v.outcome.value for v in verdicts] == ["accept", "reject", "reject", "reject", "accept"]
    assert ["visible case" in verdicts[1].reason, "argument n" in verdicts[2].reason, "before" in verdicts[3].reason]
    known = frozenset({fingerprint(task().program(SUM))})
    assert batch.outcomes(write_back.GATE, trained_on=known)[-1] == "reject"


def test_a_wrong_program_does_not_take_the_place_of_the_same_one_where_it_is_right(running: LabContext) -> None:
    from dataclasses import replace

    asks_for_square = replace(task("square"), visible=(Case("(3,)", "9"),))
    wrong_here = Batch(running, [SQUARE, SQUARE], [task(), asks_for_square])
    assert wrong_here.outcomes(write_back.GATE) == ["reject", "accept"]


def test_where_the_prompt_shows_no_case_nothing_is_written_back_and_nothing_agrees(running: LabContext) -> None:
    from dataclasses import replace

    shows_none = replace(task(), visible=())
    assert Batch(running, [TWICE], [shows_none]).outcomes(write_back.GATE) == ["reject"]
    assert behaviours([(shows_none, TWICE)], running) == [None]
    assert VisibleCases({"s0.0": shows_none}, {"s0.0": sample(TWICE)}, running.execute).outcomes(
        Batch(running, [TWICE], [shows_none]).changes
    ) == [None]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    return 3\n", "argument n"),
        ("    n = 3\n", "argument n"),
        ("    return n + m\n", "name m"),
        ("    return (\n", "parsed"),
        ("    return [k for k in range(n)]\n", None),
        ("    import math\n    return math.isqrt(n)\n", None),
        ("    def inner(k):\n        return k\n    return inner(n)\n", None),
        ("    return (lambda k: k)(n)\n", None),
        ("    try:\n        return n\n    except ValueError as e:\n        raise e\n", None),
        ("    return double(n - 1) if n else 0\n", None),
    ],
)
def test_a_program_is_attributed_to_its_prompt(body: str, reason: str | None) -> None:
    said = unattributed(task().program(body), "double")
    assert said is None if reason is None else reason in (said or "")


def test_another_function_is_not_attributed() -> None:
    assert unattributed("def other(n):\n    return n\n", "double") == "there is no function double"


def test_every_reference_is_attributed() -> None:
    tasks = PocketSource().pool("attribution", 1, 300)
    assert [u for t in tasks if (u := unattributed(t.program(t.reference), t.entry_point))] == []
