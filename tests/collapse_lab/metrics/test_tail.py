from __future__ import annotations

from collections import Counter

import pytest

from collapse_lab.metrics.tail import features, tail_recall


def test_features_are_nodes_foreign_calls_and_attributes() -> None:
    found = features("def f(xs, g):\n    ys = []\n    ys.append(sum(xs))\n    return f(g(len(ys)))\n")
    assert found["node:FunctionDef"] == 1
    assert found["node:Call"] == 5
    assert {key for key in found if not key.startswith("node:")} == {"call:sum", "call:len", "attribute:append"}


def test_imported_names_are_foreign() -> None:
    assert features("from math import floor\nfloor(1)")["call:floor"] == 1


@pytest.mark.parametrize("program", ["def f(:", "\0", "(" * 5000, "\ud800"])
def test_what_does_not_parse_has_none(program: str) -> None:
    assert features(program) == Counter()


def test_a_caller_may_change_what_it_got() -> None:
    features("x = 1").clear()
    assert features("x = 1")


def test_recall_is_over_the_rarest_tenth() -> None:
    reference = [Counter({f"f{i}": 20 - i for i in range(20)})]
    assert tail_recall(reference, [Counter(f18=1)]) == 0.5
    assert tail_recall(reference, [Counter({f"f{i}": 1 for i in range(18)})]) == 0.0
    assert tail_recall(reference, [Counter(f18=1), Counter(f19=9)]) == 1.0


def test_numbers_are_added_over_programs_and_ties_belong_together() -> None:
    reference = [Counter(a=1, b=1, c=1, d=1), Counter(d=1)]
    assert tail_recall(reference, [Counter(a=1, d=1)]) == pytest.approx(1 / 3)


def test_no_reference_no_recall() -> None:
    assert tail_recall([], [Counter(a=1)]) is None
