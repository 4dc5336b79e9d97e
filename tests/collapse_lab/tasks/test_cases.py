"""The hidden cases tell the function from wrong ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import pytest

from collapse_lab.tasks.cases import HIDDEN, VISIBLE, neighbours
from collapse_lab.tasks.inputs import SHORTENED, SIGNATURES, bank
from collapse_lab.tasks.pocket import Drawn, PocketSource


@pytest.fixture(scope="module")
def drawn() -> list[Drawn]:
    return list(islice(PocketSource().drawing("test cases", 0), 1000))


def test_visible_and_hidden_calls_are_disjoint_and_distinct(drawn: list[Drawn]) -> None:
    for found in drawn:
        calls = [case.arguments for case in (*found.cases.visible, *found.cases.hidden)]
        assert len(set(calls)) == len(calls) == VISIBLE + HIDDEN


def test_no_answer_is_right_for_nearly_all_hidden_cases(drawn: list[Drawn]) -> None:
    for found in drawn:
        assert max(Counter(case.expected for case in found.cases.hidden).values()) <= 6


def _wrong(found: Drawn) -> Iterator[tuple[str, Sequence[Any]]]:
    specification = found.specification
    right = specification.outcomes()
    inputs = bank(specification.takes)
    yield "argument", [arguments[0] for arguments in inputs]
    for less in specification.reduced():
        yield "left out", less
    for kind in SHORTENED.get(specification.takes, ()):
        yield "item overlooked", specification.outcomes(kind)
    if specification.gives == "int":
        yield "one more", [value + 1 for value in right]
    for place in range(len(specification.operations)):
        for other in neighbours(specification, place):
            swapped = specification.with_operation(place, other)
            if swapped.sound:
                yield "swapped", swapped.outcomes()


def test_hidden_cases_kill_wrong_programs(drawn: list[Drawn]) -> None:
    """Nearly every program with another operation in one place, and every one of the simpler kinds."""
    killed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for found in {found.function: found for found in drawn}.values():
        right = found.specification.outcomes()
        numbers = {repr(arguments): i for i, arguments in enumerate(bank(found.specification.takes))}
        hidden = [numbers[case.arguments] for case in found.cases.hidden]
        for kind, wrong in _wrong(found):
            if list(wrong) != list(right):
                total[kind] += 1
                killed[kind] += any(wrong[i] != right[i] for i in hidden)
    assert total["swapped"] > 15_000
    assert killed["swapped"] / total["swapped"] > 0.99
    for kind in ("argument", "left out", "item overlooked", "one more"):
        assert killed[kind] / total[kind] > 0.999, kind


def test_banks_have_edge_cases_and_no_input_twice() -> None:
    for kind in SIGNATURES:
        written = [repr(arguments) for arguments in bank(kind)]
        assert len(set(written)) == len(written) >= 25
    assert ([],) in bank("numbers")
    assert ("",) in bank("text")
    assert any(v and len(set(v)) < len(v) for (v,) in bank("numbers"))
    assert any(v and max(v) < 0 for (v,) in bank("numbers"))
    assert all(n >= 0 for (n,) in (*bank("natural"), *bank("digits")))
    assert all(a > 0 and b > 0 for a, b in bank("pair"))
