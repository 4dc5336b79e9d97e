"""The matrix: names, seeds, bases, and controls after what they match."""

from __future__ import annotations

from typing import Any

import pytest

from collapse_lab.arms import ArmsError, cells, matched
from collapse_lab.study import Study


def study(*arms: dict[str, Any], **settings: Any) -> Study:
    return Study.model_validate({"name": "s", "question": "?", "arms": list(arms), "seeds": [0], **settings})


@pytest.mark.parametrize(
    ("arm", "label"),
    [
        ({"policy": "none"}, "none"),
        ({"policy": "folder/mine.yml"}, "mine"),
        ({"control": "human"}, "human"),
        ({"control": "oracle"}, "oracle"),
        ({"policy": "tests", "flip": 0.05}, "tests~5%"),
        ({"policy": "none", "data": {"rule": "hybrid", "human_share": 0.05}}, "none, hybrid, human 5%"),
        ({"policy": "none", "data": {"rule": "accumulate"}}, "none, accumulate"),
        ({"policy": "none", "data": {"rule": "accumulate-subsample"}}, "none, accumulate-subsample"),
        ({"policy": "none", "data": {"quota": 200}}, "none, replace, quota 200"),
        ({"policy": "none", "start": "base"}, "none, replace, from base"),
    ],
)
def test_an_arm_is_called_by_what_is_not_usual(arm: dict[str, Any], label: str) -> None:
    assert [cell.label for cell in cells(study(arm))] == [label]


def test_seeds_take_turns_with_bases() -> None:
    made = cells(study({"policy": "none"}, seeds=[5, 6, 7], model={"bases": [3, 4]}))
    assert [(cell.seed, cell.base) for cell in made] == [(5, 3), (6, 4), (7, 3)]
    assert made[0].name == "none, base 3, seed 5"
    assert cells(study({"policy": "none"}, seeds=[5, 6, 7], model={"bases": [3, 4]}), seeds=2) == made[:2]


def test_what_an_arm_does_not_say_is_the_studys() -> None:
    one, two = cells(
        study(
            {"policy": "none"},
            {"policy": "tests", "sampling": {"temperature": 0.7}, "training": {"steps": 1}},
            sampling={"temperature": 1.2},
            data={"rule": "accumulate"},
            start="base",
        )
    )
    assert (one.sampling.temperature, two.sampling.temperature) == (1.2, 0.7)
    assert (one.training.steps, two.training.steps) == (75, 1)
    assert one.data == two.data
    assert one.start == two.start == "base"


def test_random_controls_come_after_all_others() -> None:
    made = cells(study({"control": "random", "match": "tests"}, {"policy": "tests"}, {"policy": "none"}, seeds=[0, 1]))
    assert [cell.label for cell in made] == ["tests", "none", "random@tests"] * 2
    assert [cell.seed for cell in made] == [0, 0, 0, 1, 1, 1]


def test_the_study_s_own_quota_goes_without_saying() -> None:
    """So that reports and cards find `none` and `human` in a study all of whose arms have a quota."""
    arms = ({"policy": "none"}, {"policy": "tests", "data": {"quota": 50, "most_raw": 2}}, {"control": "human"})
    made = cells(study(*arms, {"policy": "none", "data": {}}, data={"quota": 50}))
    assert [cell.label for cell in made] == ["none", "tests", "human", "none, replace, quota none"]
    alone = cells(study({"policy": "none", "data": {"quota": 50}}))
    assert [cell.label for cell in alone] == ["none, replace, quota 50"]


def test_a_pattern_chooses_by_label() -> None:
    asked = study({"policy": "none"}, {"policy": "tests"}, {"control": "random", "match": "tests"})
    assert [cell.label for cell in cells(asked, "*tests")] == ["tests", "random@tests"]
    with pytest.raises(ArmsError, match=r"No arm of study s matches 'lint'. It has: none, tests, random@tests."):
        cells(asked, "lint")


def test_a_control_is_matched_with_the_arm_of_its_own_data_rule_and_seed() -> None:
    hybrid = {"rule": "hybrid", "human_share": 0.1}
    asked = study(
        {"policy": "tests"},
        {"policy": "tests", "data": hybrid},
        {"control": "random", "match": "tests", "data": hybrid},
        seeds=[0, 1],
        model={"bases": [0, 1]},
    )
    last = cells(asked)[-1]
    twin = matched(asked, last)
    assert twin.name == "tests, hybrid, human 10%, base 1, seed 1"
    # Also where a pattern left the matched arm out.
    assert matched(asked, cells(asked, "random*")[0]).label == "tests, hybrid, human 10%"


def test_a_control_without_its_match_is_refused() -> None:
    with pytest.raises(ArmsError, match="random@tests matches tests, which the study does not have"):
        cells(study({"policy": "none"}, {"control": "random", "match": "tests"}))


def test_two_arms_of_one_name_are_refused() -> None:
    with pytest.raises(ArmsError, match="two arms called 'none, base 0, seed 0'"):
        cells(study({"policy": "none"}, {"policy": "none", "sampling": {"temperature": 0.5}}))


def test_a_foreign_judge_needs_a_second_base() -> None:
    with pytest.raises(ArmsError, match="Arm foreign-judge asks a model that came from another base"):
        cells(study({"policy": "foreign-judge"}, model={"bases": [0]}))
    assert len(cells(study({"policy": "foreign-judge"}, model={"bases": [0, 1]}))) == 1
