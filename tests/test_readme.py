"""What the README says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from app.demo.cards import EXPOSURE_BEGIN, evidence_page, preset_cards, with_cards
from app.demo.docs import gates_table, with_table
from app.demo.inputs import inputs_table, with_inputs
from gates.presets import parse, preset, preset_names

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def _yaml() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)


def test_the_table_of_gates_is_fresh() -> None:
    assert with_table(README) == README, "run `make docs`"
    assert gates_table() in README


def test_the_tables_of_inputs_and_outputs_are_fresh() -> None:
    action = ROOT / "action.yml"
    assert with_inputs(README, action) == README, "run `make docs`"
    assert inputs_table(action) in README


def test_the_tables_of_evidence_are_fresh() -> None:
    assert with_cards(README, preset_cards()) == README, "run `make docs`"
    beside = (ROOT / "gates" / "evidence" / "README.md").read_text("utf-8")
    assert "| 100 % |" in beside.partition(EXPOSURE_BEGIN)[2]
    assert evidence_page(beside) == beside, "run `make docs`"


def test_every_preset_has_a_card_that_is_current() -> None:
    assert [card.policy.name for card in preset_cards()] == list(preset_names())
    assert all(card.policy.hash == preset(card.policy.name).hash for card in preset_cards())


def test_the_workflow_shown_uses_inputs_that_the_action_has() -> None:
    (shown,) = [text for text in _yaml() if "jobs:" in text]
    (job,) = yaml.safe_load(shown)["jobs"].values()
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    steps = [step for step in job["steps"] if "exogate@" in step["uses"]]
    assert steps
    assert all(set(step.get("with", {})) <= set(inputs) for step in steps)


def test_the_policy_shown_is_valid() -> None:
    (shown,) = [text for text in _yaml() if "jobs:" not in text]
    policy = parse(shown, "README.md")
    assert policy.gates["lint"].level == "block"
    assert "javascript" in policy.settings_of("command").model_dump()["commands"]


def test_every_preset_is_named() -> None:
    for name in preset_names():
        assert f"`{name}`" in README


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"])
def test_links_lead_somewhere(document: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / document).read_text("utf-8")):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_the_make_targets_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md", "SECURITY.md"):
        assert set(re.findall(r"(?m)(?:^|`)make ([a-z]+)", (ROOT / document).read_text("utf-8"))) <= targets
