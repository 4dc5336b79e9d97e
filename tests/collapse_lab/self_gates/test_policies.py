from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from collapse_lab.policies import coin, lab_names, policy_of
from collapse_lab.self_gates.context import LabContext
from collapse_lab.study import Study
from gates import registry
from gates.gate import Context, CouldNotJudgeError, Kind, Need
from gates.policy import PolicyError
from gates.presets import parse, preset, preset_names
from tests.collapse_lab.self_gates.standin import Batch

OWN = [name for name in registry.names() if name not in registry.BUILT_IN]
ALONE = "gates: {self-score: block}\n"


def test_every_policy_of_the_shipped_study_is_there() -> None:
    study = Study.model_validate(yaml.safe_load((files("collapse_lab") / "studies" / "pocket.yml").read_text("utf-8")))
    for arm in study.arms:
        for name in (arm.policy, arm.match):
            assert name is None or policy_of(name).name == name


def test_a_name_means_the_labs_policy_then_a_preset_then_a_file(tmp_path: Path) -> None:
    for name in (*lab_names(), *preset_names(), "mine.yml"):
        (tmp_path / name).write_text("name: from-file\n" + ALONE)
    assert policy_of("mine.yml", tmp_path).name == "from-file"
    assert all(policy_of(name, tmp_path).name == name for name in (*lab_names(), *preset_names()))
    assert policy_of("strict").hash == preset("strict").hash


def test_an_unknown_policy_is_an_error_that_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"(?s)'self-scor'.*self-score-frozen.*strict"):
        policy_of("self-scor", tmp_path)


def test_the_author_may_decide_alone_in_a_study_and_nowhere_else() -> None:
    with pytest.raises(PolicyError, match="exogenous"):
        parse(ALONE, "exogate.yml")
    assert parse(ALONE, "an arm", endogenous_alone=True)
    with pytest.raises(PolicyError):
        parse("gates: {self-score: {level: block, settings: {kep: 1}}}\n", "an arm", endogenous_alone=True)


def test_no_verdict_of_a_study_hangs_on_the_clock() -> None:
    assert {policy_of(name).budget.seconds for name in (*lab_names(), *preset_names())} == {86_400}


def test_each_policy_of_the_lab_is_another() -> None:
    assert len({policy_of(name).hash for name in lab_names()}) == len(lab_names())


def test_the_coin_accepts_its_share_and_another_seed_accepts_others(lab: LabContext) -> None:
    batch = Batch(lab, [f"    return {n}\n" for n in range(1000)])

    def accepted(seed: int) -> list[str]:
        policy = coin(0.3, seed)
        return batch.outcomes(registry.get("coin"), policy.gates["coin"].settings)

    assert abs(accepted(1).count("accept") - 300) < 60
    assert accepted(1) == accepted(1) != accepted(2)
    assert coin(0.3, 1).hash != coin(0.3, 2).hash


def test_each_gate_has_the_kind_that_its_signal_has() -> None:
    kinds = {name: registry.get(name).kind for name in OWN}
    assert [n for n, k in kinds.items() if k is Kind.ANCHORED] == ["foreign-judge", "frozen-judge"]
    assert [n for n, k in kinds.items() if k is Kind.EXOGENOUS] == ["execution", "novelty", "write-back"]


@pytest.mark.parametrize("name", OWN)
def test_outside_a_study_a_gate_says_where_it_works(name: str, context: Context) -> None:
    gate = registry.get(name)
    assert gate.needs == {Need.LAB}
    with pytest.raises(CouldNotJudgeError, match=f"`{name}`.*collapse-lab"):
        gate.judge([], gate.settings_type(), context)
