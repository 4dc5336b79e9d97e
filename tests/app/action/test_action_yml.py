"""`action.yml` says what the code does, and nothing in it opens a door."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from app.action.inputs import PREFIX, Inputs, read_inputs
from app.action.outputs import UNJUDGED
from gates.presets import preset_names

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "action.yml").read_text("utf-8")
ACTION = yaml.safe_load(TEXT)
STEPS = ACTION["runs"]["steps"]
FIELDS = {field.alias or name.replace("_", "-") for name, field in Inputs.model_fields.items()}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_every_input_is_read_and_every_field_is_an_input() -> None:
    assert set(ACTION["inputs"]) == FIELDS
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in FIELDS)


def test_every_input_reaches_the_review_through_its_own_variable() -> None:
    (review,) = [step for step in STEPS if step.get("id") == "review"]
    given = {name: value for name, value in review["env"].items() if name.startswith(PREFIX)}
    wanted = {f"{PREFIX}{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in FIELDS}
    assert given == wanted


def test_the_defaults_are_the_codes() -> None:
    variables = {
        f"{PREFIX}{name.upper().replace('-', '_')}": str(row["default"])
        for name, row in ACTION["inputs"].items()
        if name != "token"
    }
    assert read_inputs(variables) == Inputs()


def test_every_output_is_written() -> None:
    assert set(ACTION["outputs"]) == {"decision", *UNJUDGED}
    for name, row in ACTION["outputs"].items():
        assert row["value"] == f"${{{{ steps.review.outputs.{name} }}}}"


def test_scripts_hold_no_expression() -> None:
    scripts = [step for step in STEPS if "run" in step]
    assert len(scripts) == 4
    for step in scripts:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


def test_only_the_review_is_given_the_token() -> None:
    assert [step["id"] for step in STEPS if "inputs.token" in str(step)] == ["review"]


@pytest.mark.parametrize("path", [ROOT / "action.yml", *WORKFLOWS], ids=lambda path: path.name)
def test_other_actions_are_pinned_with_their_version(path: Path) -> None:
    for used in re.findall(r"uses: *(\S.*)", path.read_text("utf-8")):
        assert used.startswith("./") or re.fullmatch(r"[\w/.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used


def test_the_presets_named_are_there() -> None:
    named = re.findall(r"`([a-z]+)`", ACTION["inputs"]["policy"]["description"].partition(".")[0])
    assert named
    assert set(named) <= set(preset_names())
