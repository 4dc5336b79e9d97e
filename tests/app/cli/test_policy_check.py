"""`exogate policy check`, run as people run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from gates.presets import preset
from tests.gates.evidence.made_up import card, policy, written

# A policy that no shipped card is about, whatever cards ship: its command is nobody else's.
OWN = "name: house\nextends: tests\ngates: {command: {level: block, settings: {run: [house-check]}}}\n"


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    """A folder with a made-up card of that policy."""
    return written(tmp_path / "cards", card(policy(OWN), kept=0.9))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.yml"
    file.write_text(OWN)
    return file


def test_a_measured_policy_prints_its_line_first(exogate, own: Path, cards: Path) -> None:
    done = exogate("policy", "check", own, "--evidence", cards)
    assert done.returncode == 0, done.stderr
    first, second, *rest = done.stdout.splitlines()
    assert first.startswith("policy `house`: 90 % of skill kept after 2 rounds (95 % interval 80 to 100; ungated 41 %)")
    assert second.startswith("Verdict: holds. It keeps more than no gate")
    assert "  against no gate: +20.0 points of pass@1 (+18.0 to +22.0; 3 of 3 seeds agree): more" in rest
    assert "  collapse-lab run made-up" in rest
    assert not any(line.startswith("To measure it") for line in rest)


@pytest.mark.parametrize(("least", "status"), [("0.79", 0), ("0.8", 0), ("0.81", 1), ("1", 1), ("0", 0)])
def test_the_low_end_of_the_interval_must_reach_what_is_demanded(exogate, own, cards, least: str, status: int) -> None:
    done = exogate("policy", "check", own, "--evidence", cards, "--min-retention", least)
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("reaches it." if status == 0 else "does not reach it.")


@pytest.mark.parametrize("least", ["-0.1", "1.1", "nan", "inf", "80 %"])
def test_what_is_no_share_is_wrong_usage(exogate, least: str) -> None:
    assert exogate("policy", "check", "strict", "--min-retention", least).returncode == 2


def test_an_unmeasured_policy_is_told_how_to_be_measured(exogate, own: Path, tmp_path: Path) -> None:
    own.write_text(OWN.replace("tests", "none"))
    done = exogate("policy", "check", "own.yml")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "policy `house`: unmeasured"
    assert lines[lines.index("To measure it:") + 1 :] == [
        "  exogate policy check own.yml --study measure.yml",
        "  collapse-lab run measure.yml",
        "  collapse-lab evidence runs/measure-own --out evidence-cards",
        "  exogate policy check own.yml --evidence evidence-cards",
    ]
    assert exogate("policy", "check", "own.yml", "--min-retention", "0.5").returncode == 3
    done = exogate("policy", "check", "own.yml", "--study", "measure.yml")
    assert "  exogate policy check own.yml --study measure.yml" not in done.stdout
    assert yaml.safe_load((tmp_path / "measure.yml").read_text())["arms"][1] == {"policy": "./own.yml"}


def test_one_that_the_authors_model_decides_alone_is_refused_with_the_measurement(exogate, tmp_path: Path) -> None:
    file = tmp_path / "self.yml"
    file.write_text("gates: {perplexity: {level: block, settings: {keep: 0.123}}}\n")
    own = card(policy(file.read_text()), name="self", random=0.0, index=(0.25, 0.30, 0.29))
    done = exogate("policy", "check", file, "--evidence", written(tmp_path / "cards", own))
    assert done.returncode == 1
    assert "Refused: Only the author's own model would decide here. Let at least one exogenous" in done.stdout
    assert "Measured: `self` has a rubber-stamp index of +0.28 (3 seeds, +0.25 to +0.30) after 2 rounds" in done.stdout
    assert "To measure it" not in done.stdout
    file.write_text("gates: {perplexity: block, compile: {level: block, only_for: [human-attested]}}\n")
    assert exogate("policy", "check", file).returncode == 1


def test_a_policy_that_blocks_nothing_as_it_stands_does_not_pass_on_its_card(exogate, own: Path, cards: Path) -> None:
    own.write_text(OWN + "enforce: false\n")
    done = exogate("policy", "check", own, "--evidence", cards, "--min-retention", "0.5")
    assert done.returncode == 3
    assert "Not part of it: `enforce: false`" in done.stdout
    assert "it blocks nothing as it stands" in done.stdout


def test_a_tampered_card_is_told_and_does_not_count(exogate, own: Path, cards: Path) -> None:
    file = next(cards.iterdir())
    file.write_text(file.read_text().replace('"low": 0.8', '"low": 0.89'))
    done = exogate("policy", "check", own, "--evidence", cards, "--min-retention", "0.5")
    assert done.returncode == 3
    assert f"Left out: {file.name} ({cards}) does not count as evidence: Its hash is not that" in done.stdout
    assert "made-up study" not in done.stdout


def test_a_stale_card_is_told_and_does_not_count(exogate, own: Path, tmp_path: Path) -> None:
    old = card(policy(OWN), versions={"compile": "0"})
    done = exogate("policy", "check", own, "--evidence", written(tmp_path / "old", old), "--min-retention", "0.1")
    assert done.returncode == 3
    assert done.stdout.startswith("policy `house`: evidence is stale (gate `compile` was version 0 when it was")


def test_json_says_the_same(exogate, own: Path, cards: Path) -> None:
    done = exogate("policy", "check", own, "--evidence", cards, "--format", "json", "--min-retention", "0.95")
    value = json.loads(done.stdout)
    assert done.returncode == 1
    assert (value["status"], value["verdict"], value["conclusion"]) == ("measured", "holds", "reject")
    assert value["card"]["summary"]["retention"]["policy"]["low"] == pytest.approx(0.8)
    assert value["policy"]["hash"] == value["card"]["policy"]["hash"]
    own.write_text(OWN.replace("tests", "none"))
    value = json.loads(exogate("policy", "check", own, "--evidence", cards, "--format", "json").stdout)
    assert (value["status"], value["card"], value["conclusion"]) == ("unmeasured", None, "accept")
    assert value["measure"][1] == "collapse-lab run measure.yml"


def test_without_a_name_the_repositorys_policy_is_checked_and_else_the_default(exogate, tmp_path: Path) -> None:
    assert "policy `standard`" in exogate("policy", "check").stdout
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "exogate.yml").write_text(OWN)
    assert "policy `house`" in exogate("policy", "check").stdout


def test_what_cannot_be_checked_is_wrong_usage(exogate, own: Path, tmp_path: Path) -> None:
    own.write_text("gates: {compiled: block}\n")
    for wanted in (("own.yml",), ("strickt",), ("",), ("strict", "--evidence", "nowhere"), ("strict", "extra")):
        done = exogate("policy", "check", *wanted)
        assert done.returncode == 2, wanted
        assert "Traceback" not in done.stderr
    (tmp_path / "none.yml").write_text(OWN)
    done = exogate("policy", "check", "none.yml", "--study", "measure.yml")
    assert done.returncode == 2
    assert "rename it" in done.stderr
    assert exogate("policy", "check", "none.yml").returncode == 0


@pytest.mark.parametrize("name", ["compile", "strict", "standard", "none"])
def test_every_shipped_policy_may_judge(exogate, name: str) -> None:
    done = exogate("policy", "check", name)
    assert done.returncode == 0
    assert done.stdout.startswith(f"policy `{name}`: ")


def test_names_of_files_act_on_no_terminal(exogate, tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "x\x1b[2J.json").write_text("{")
    done = exogate("policy", "check", "strict", "--evidence", folder)
    assert "\x1b" not in done.stdout
    assert "does not count" in done.stdout


def test_an_own_card_of_a_shipped_policy_counts_beside_those_that_ship(exogate, tmp_path: Path) -> None:
    made = card(preset("compile"), source="preset", kept=0.77, seeds=50, rounds=50)
    done = exogate("policy", "check", "compile", "--evidence", written(tmp_path / "cards", made))
    assert "77 % of skill kept after 50 rounds" in done.stdout
