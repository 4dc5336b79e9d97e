"""A data set cut in two: no code on both sides, whatever the order, the layout or the file."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_lab.benchmarks.answers import entries
from collapse_lab.benchmarks.answers.entries import LONGEST, Entry, near_copies, parted
from collapse_lab.benchmarks.answers.rubric import YesOrNo
from tests.collapse_lab.benchmarks.answers.sets import c_code

if TYPE_CHECKING:
    import pytest


def entry(code: str, *, positive: bool = False, group: str = "") -> Entry:
    answer = "yes" if positive else "no"
    return Entry(code, f"{code} ?", f" {answer}\n", YesOrNo(positive), answer, "x", group)


ALL = [entry(c_code(number)) for number in range(150)]


def test_every_function_is_on_one_side_and_a_fifth_is_the_benchmarks() -> None:
    parts = parted(ALL)
    test, pool = ({e.sha256 for e in part} for part in (parts.test, parts.pool))
    assert not test & pool
    assert test | pool == {e.sha256 for e in ALL}
    assert 15 <= len(test) <= 45
    assert set(parts.left_out.values()) <= {0}


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_a_file_decides_nothing(random: Random) -> None:
    shuffled = list(ALL[:40])
    random.shuffle(shuffled)
    assert parted(shuffled) == parted(ALL[:40])


def test_a_function_stays_on_its_side_when_others_join() -> None:
    few, all_ = parted(ALL[:30]), parted(ALL)
    assert {e.sha256 for e in few.test} <= {e.sha256 for e in all_.test}
    assert {e.sha256 for e in few.pool} <= {e.sha256 for e in all_.pool}


def test_layout_makes_no_other_function() -> None:
    spaced = entry(ALL[0].code.replace("\n", "\n\n  ").replace("(", " ( "))
    assert spaced.sha256 == ALL[0].sha256
    parts = parted([ALL[0], spaced, ALL[1]])
    assert parts.left_out["copies"] == 1
    assert len(parts.test) + len(parts.pool) == 2


def test_code_with_two_labels_is_left_out() -> None:
    torn = entry(ALL[0].code, positive=True)
    parts = parted([*ALL, torn])
    assert parts.left_out["code with two labels"] == 1
    assert ALL[0].sha256 not in {e.sha256 for e in (*parts.test, *parts.pool)}


def test_near_copies_of_the_benchmark_are_in_no_pool() -> None:
    test = parted(ALL).test
    changed = [replace(e, code=e.code.replace("return", "return 1 +")) for e in test]
    near = [entry(e.code) for e in changed]
    parts = parted([*ALL, *near])
    known = {e.sha256 for e in near}
    assert parts.left_out["near copies of the benchmark"] > 0
    assert not known & {e.sha256 for e in parts.pool}


def test_near_is_a_share_of_runs_of_words() -> None:
    long = entry(" ".join(f"w{n}" for n in range(104)))  # 100 runs of five
    for words, near in ((90, True), (80, True), (70, False)):
        part = entry(" ".join([*(f"w{n}" for n in range(words)), "other"]))
        share = (words - 4) / (100 + 1)
        assert (share >= 0.7) is near
        assert near_copies([part], [long]) == ({0} if near else set())
    assert near_copies([entry("a b")], [entry("a b")]) == {0}


def test_a_group_is_never_cut() -> None:
    grouped = [entry(c_code(number), group=f"repo-{number % 12}") for number in range(120)]
    parts = parted(grouped)
    assert parts.test
    assert not {e.group for e in parts.test} & {e.group for e in parts.pool}


def test_long_functions_and_those_beyond_the_first_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    long = entry("x" * (LONGEST + 1))
    assert parted([*ALL[:5], long]).left_out["too long"] == 1
    monkeypatch.setattr(entries, "MOST", 10)
    parts = parted(ALL)
    kept = {e.sha256 for e in (*parts.test, *parts.pool)}
    assert kept == set(sorted(e.sha256 for e in ALL)[:10])
    assert parts.left_out["beyond the first"] == 140
