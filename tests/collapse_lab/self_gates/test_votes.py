from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from collapse_lab.sample import Sample
from collapse_lab.self_gates import pairwise_self_judge, self_consistency
from collapse_lab.self_gates.behaviour import behaviours
from collapse_lab.self_gates.context import LabContext
from collapse_lab.tasks.task import Case, Task
from gates.gate import CouldNotJudgeError
from tests.collapse_lab.self_gates.standin import Author, Batch, sample, task

Again = Callable[[Sequence[Task], Sequence[Sample], int], list[list[Sample]]]

TWICE, SUM, SQUARE = "    return 2 * n\n", "    return n + n\n", "    return n * n\n"
CRASH, HANG, BROKEN = "    return 1 // 0\n", "    while True:\n        pass\n", "    return (\n"


def again(*completions: str) -> Again:
    def more(tasks: Sequence[Task], samples: Sequence[Sample], count: int) -> list[list[Sample]]:
        assert count == len(completions)
        return [[sample(text, 100 + n) for n, text in enumerate(completions)] for _ in samples]

    return more


def test_equal_values_are_equal_behaviour_and_nothing_expected_is_read(running: LabContext) -> None:
    blind = replace(task(), visible=tuple(Case(f"({n},)", "no literal at all (") for n in (1, 3)))
    same = [TWICE, SUM, "    return float(2 * n)\n"]
    other = [SQUARE, CRASH, BROKEN, "    return object()\n", "    return [lambda: 1]\n"]
    found = behaviours([(blind, text) for text in same + other], running)
    assert found[0] is not None
    assert found[0] == found[1] == found[2] != found[3]
    assert found[4:] == [None] * 4


def test_the_behaviour_of_most_is_taken_for_right(running: LabContext) -> None:
    vote = running, again(SUM, TWICE, SQUARE, CRASH)
    batch = Batch(vote[0], [TWICE, SQUARE, CRASH, BROKEN])
    assert batch.outcomes(self_consistency.GATE, again=vote[1]) == ["accept", "reject", "reject", "reject"]
    # Wrong code that most agree on is accepted, and right code that few write is not.
    assert batch.outcomes(self_consistency.GATE, again=again(SQUARE, SQUARE, SQUARE, TWICE))[:2] == ["reject", "accept"]


def test_a_plurality_must_be_large_enough_and_no_smaller_than_another(running: LabContext) -> None:
    batch = Batch(running, [TWICE])
    split = again(SUM, CRASH, CRASH, HANG)
    assert batch.outcomes(self_consistency.GATE, {"share": 0.4}, again=split) == ["accept"]
    assert batch.outcomes(self_consistency.GATE, {"share": 0.5}, again=split) == ["reject"]
    lost = again(SQUARE, SQUARE, CRASH, CRASH)
    assert batch.outcomes(self_consistency.GATE, {"share": 0.1}, again=lost) == ["reject"]


def test_the_author_prefers_what_it_prefers_both_ways(lab: LabContext) -> None:
    batch = Batch(lab, [TWICE, SQUARE])
    fond = Author(lambda text: float(text.endswith("2 * n")))
    scores = pairwise_self_judge.GATE.scores(
        batch.changes,
        pairwise_self_judge.PairwiseSettings(siblings=2),
        replace(batch.context, author=fond, again=again(TWICE, SQUARE)),
    )
    # One comparison with an equal text is half a win.
    assert scores == [0.75, 0.25]


def test_a_contradiction_between_the_two_ways_is_nobodys_win(lab: LabContext) -> None:
    def fickle(text: str) -> float:
        together = "def double" in text and text.count("def double") == 2
        return float(text.endswith("2 * n") != together)

    batch = Batch(lab, [TWICE, SQUARE])
    settings = {"siblings": 1, "share": 0.5}
    assert batch.outcomes(pairwise_self_judge.GATE, settings, author=Author(fickle), again=again(CRASH))[0] == "accept"
    strict = {"siblings": 1, "share": 0.6}
    assert batch.outcomes(pairwise_self_judge.GATE, strict, author=Author(fickle), again=again(CRASH))[0] == "reject"


def test_where_a_program_stands_does_not_decide_for_it(lab: LabContext) -> None:
    seen = pairwise_self_judge.texts("one\n", "two\n")
    assert seen[:2] == ("two\n\n\none\n", "one\n\n\ntwo\n")
    assert set(seen) == set(pairwise_self_judge.texts("two\n", "one\n"))


@pytest.mark.parametrize("gate", [self_consistency.GATE, pairwise_self_judge.GATE])
def test_without_more_samples_there_is_no_vote(gate: object, running: LabContext) -> None:
    with pytest.raises(CouldNotJudgeError, match="more samples"):
        Batch(running, [TWICE]).outcomes(gate)
