"""What a round trains on, by each data rule."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.stages.mix import Item, Origin, mix, texts_beside
from collapse_lab.study import DataRule


def items(count: int, origin: Origin, t: int = 1, distinct: int | None = None) -> list[Item]:
    """Return items of which so many are distinct."""
    return [Item(f"p{i}", f"c{i}", f"{origin}{i}", origin, t) for i in (n % (distinct or count) for n in range(count))]


SIZES = st.integers(0, 40)
SHARES = st.floats(0, 1)
RULES = st.sampled_from(["replace", "accumulate", "accumulate-subsample"])
SHARED = st.sampled_from(["replace", "accumulate-subsample"])


def test_replace_takes_what_was_accepted() -> None:
    drawn = mix(DataRule(), items(5, "synthetic"), items(9, "human", 0), items(9, "human"), 0)
    assert Counter(drawn) == Counter(items(5, "synthetic"))


def test_accumulate_takes_everything() -> None:
    earlier = items(4, "human", 0) + items(3, "synthetic", 1)
    drawn = mix(DataRule(rule="accumulate"), items(5, "synthetic", 2), earlier, items(9, "human"), 0)
    assert Counter(drawn) == Counter([*earlier, *items(5, "synthetic", 2)])


def test_a_subsample_is_as_large_as_what_was_accepted_and_drawn_from_all() -> None:
    earlier = items(50, "human", 0)
    drawn = mix(DataRule(rule="accumulate-subsample"), items(50, "synthetic"), earlier, [], 0)
    assert len(drawn) == len(set(drawn)) == 50
    # Half of the union is human; 25 are expected, and fewer than 10 of 50 are as unlikely as winning a lottery.
    assert 10 < sum(item.origin == "human" for item in drawn) < 40


def test_hybrid_puts_people_in_the_place_of_samples() -> None:
    rule = DataRule(rule="hybrid", human_share=0.3)
    drawn = mix(rule, items(20, "synthetic"), [], items(20, "human"), 0)
    assert Counter(item.origin for item in drawn) == {"synthetic": 14, "human": 6}


def test_where_nothing_was_accepted_the_share_is_of_the_fresh_documents() -> None:
    assert mix(DataRule(), [], items(5, "human", 0), items(5, "human"), 0) == []
    drawn = mix(DataRule(rule="hybrid", human_share=0.4), [], [], items(10, "human"), 0)
    assert [item.origin for item in drawn] == ["human"] * 4


def test_a_quota_takes_the_first_distinct_ones() -> None:
    accepted = items(12, "synthetic", distinct=5)
    drawn = mix(DataRule(quota=4), accepted, [], [], 0)
    assert set(drawn) == set(accepted[:4])
    assert len(mix(DataRule(quota=9), accepted, [], [], 0)) == 5


def test_the_same_text_for_another_task_is_another_document() -> None:
    twins = [Item("p", "c", "a", "synthetic", 1), Item("p", "c", "b", "synthetic", 1)]
    assert len(mix(DataRule(quota=9), twins, [], [], 0)) == 2


def test_hybrid_without_people_is_refused() -> None:
    with pytest.raises(ValueError, match="human_share above 0"):
        DataRule(rule="hybrid")


def test_what_keeps_everything_takes_no_share_of_people() -> None:
    with pytest.raises(ValueError, match="takes no human_share"):
        DataRule(rule="accumulate", human_share=0.1)


@given(RULES, SHARES, st.none() | st.integers(1, 20), SIZES, SIZES, SIZES, st.integers(0, 2**63))
def test_every_document_was_given_and_none_is_there_too_often(
    rule: str, share: float, quota: int | None, accepted: int, earlier: int, human: int, seed: int
) -> None:
    given_all = (items(accepted, "synthetic", 2, distinct=7), items(earlier, "synthetic", 1), items(human, "human"))
    share = 0.0 if rule == "accumulate" else share
    settings = DataRule.model_validate({"rule": rule, "human_share": share, "quota": quota})
    drawn = mix(settings, *given_all, seed)
    assert Counter(drawn) <= Counter([item for group in given_all for item in group])
    assert drawn == mix(settings, *given_all, seed)


@given(SHARED, SHARES, st.integers(1, 40), SIZES, st.integers(0, 2**63))
def test_a_share_of_people_changes_no_size(rule: str, share: float, accepted: int, earlier: int, seed: int) -> None:
    own, kept, people = items(accepted, "synthetic", 2), items(earlier, "synthetic", 1), items(100, "human")
    without = mix(DataRule.model_validate({"rule": rule}), own, kept, people, seed)
    drawn = mix(DataRule.model_validate({"rule": rule, "human_share": share}), own, kept, people, seed)
    assert len(drawn) == len(without)
    assert sum(item.origin == "human" for item in drawn) == round(len(drawn) * share)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 60), st.integers(0, 2**63))
def test_a_quota_is_kept_and_distinct(quota: int, distinct: int, accepted: int, seed: int) -> None:
    drawn = mix(DataRule(quota=quota), items(accepted, "synthetic", distinct=distinct), [], [], seed)
    assert len(drawn) == len(set(drawn)) == min(quota, distinct, accepted)


def test_the_order_is_the_seeds() -> None:
    orders = {tuple(mix(DataRule(), items(10, "synthetic"), [], [], seed)) for seed in range(5)}
    assert len(orders) == 5


@given(st.integers(0, 20_000), st.floats(0, 0.95))
def test_texts_make_up_their_share_of_all(documents: int, share: float) -> None:
    """As near as whole documents come to it: one text more or less would be no nearer."""
    texts = texts_beside(documents, share)
    assert abs(texts - share * (documents + texts)) <= 0.5 + 1e-6
    assert texts_beside(documents, 0) == 0
    assert texts_beside(0, share) == 0


def test_a_quarter_of_all_is_a_third_of_the_code() -> None:
    assert texts_beside(5000, 0.25) == 1667
    assert texts_beside(6, 0.25) == 2
