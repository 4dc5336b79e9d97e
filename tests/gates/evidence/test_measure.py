"""The study that would measure a policy, and what to type."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gates.evidence.measure import TAKEN, NameTakenError, plan


def test_the_commands_lead_from_the_study_to_the_card() -> None:
    found = plan(".github/exogate.yml", is_file=True, study=Path("measure.yml"))
    assert found.write == "exogate policy check .github/exogate.yml --study measure.yml"
    assert found.commands == (
        "collapse-lab run measure.yml",
        "collapse-lab evidence runs/measure-exogate --out evidence-cards",
        "exogate policy check .github/exogate.yml --evidence evidence-cards",
    )
    assert yaml.safe_load(found.text)["arms"][1:] == [
        {"policy": "./.github/exogate.yml"},
        {"control": "human"},
        {"control": "random", "match": "exogate"},
    ]


def test_a_file_is_named_from_where_the_study_lies(tmp_path: Path) -> None:
    found = plan(str(tmp_path / "a" / "p.yml"), is_file=True, study=tmp_path / "b" / "s.yml")
    assert yaml.safe_load(found.text)["arms"][1] == {"policy": "../a/p.yml"}
    strict = plan("strict", is_file=True, study=Path("s.yml"))
    assert yaml.safe_load(strict.text)["arms"][1] == {"policy": "./strict"}, "a file of that name, not the preset"


@pytest.mark.parametrize("name", TAKEN)
def test_a_file_called_like_an_arm_of_every_study_is_told(name: str) -> None:
    with pytest.raises(NameTakenError, match="rename it"):
        plan(f"{name}.yml", is_file=True, study=Path("s.yml"))


@given(st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_name_of_a_file_makes_a_study(name: str) -> None:
    if Path(name).stem in TAKEN or name in (".", ".."):
        return
    data = yaml.safe_load(plan(name, is_file=True, study=Path("s.yml")).text)
    assert Path(data["arms"][1]["policy"]).name == name
    assert data["name"].replace("-", "").isalnum()
    assert len(data["name"]) <= 64
