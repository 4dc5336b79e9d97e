"""Where the two sides meet: the study that `policy check` writes, the code's revision, and CI's look at claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from collapse_lab import revision
from collapse_lab.arms import cells
from collapse_lab.evidence.cards import cards
from collapse_lab.policies import policy_of
from collapse_lab.report.reading import Run
from collapse_lab.studies import open_study
from gates.evidence.card import Card
from gates.evidence.measure import plan
from gates.evidence.shelf import Shelved
from tests.collapse_lab.evidence.runs import made_up
from tests.evidence_check import compare, report
from tests.gates.evidence.made_up import card


def test_the_study_that_would_measure_a_policy_is_one_that_the_lab_runs(tmp_path: Path) -> None:
    policy = tmp_path / "some where" / "my policy.yml"
    policy.parent.mkdir()
    policy.write_text("extends: tests\ngates: {secrets: block}\n")
    study = tmp_path / "measure.yml"
    study.write_text(plan(str(policy), is_file=True, study=study).text)
    opened = open_study(str(study))
    assert [cell.label for cell in cells(opened, seeds=1)] == ["none", "my policy", "human", "random@my policy"]
    assert policy_of(opened.arms[1].policy or "").hash == policy_of(str(policy)).hash
    usual = open_study("pocket-presets")
    free = {"name", "question", "arms", "quick"}
    assert opened.model_dump(exclude=free) == usual.model_dump(exclude=free)


@pytest.mark.parametrize("name", ["strict", "control-reject"])
def test_a_shipped_policy_is_measured_by_its_name(tmp_path: Path, name: str) -> None:
    study = tmp_path / "measure.yml"
    study.write_text(plan(name, is_file=False, study=study).text)
    assert f"random@{name}" in [cell.label for cell in cells(open_study(str(study)), seeds=1)]


def test_no_result_hangs_on_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision, "_ROOT", tmp_path)
    (tmp_path / "gates" / "evidence").mkdir(parents=True)
    (tmp_path / "gates" / "panel.py").write_text("1")
    before = revision.code.__wrapped__("gates")
    (tmp_path / "gates" / "evidence" / "strict.json").write_text("{}")
    (tmp_path / "gates" / "evidence" / "shelf.py").write_text("1")
    assert revision.code.__wrapped__("gates") == before
    (tmp_path / "gates" / "panel.py").write_text("2")
    assert revision.code.__wrapped__("gates") != before


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made_up(tmp_path_factory.mktemp("run"), seeds=1, rounds=3, tasks={"pocket": 300})


def _shelved(*made: Card) -> list[Shelved]:
    return [Shelved(one, one.policy.name) for one in made]


def test_claims_that_the_reduced_study_shares_stand(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = cards(made_up(tmp_path, rounds=3, tasks={"pocket": 300}))
    found = compare(run, _shelved(*full))
    assert {one.claim.split(" (")[0] for one in found} >= {
        "tests keeps more than none",
        "tests keeps more than random@tests",
    }
    assert report(found) == 0
    assert "is contradicted." in capsys.readouterr().out


def test_a_claim_that_is_turned_round_fails(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = card(policy_of("tests"), source="preset", ungated=-0.2, random=0.2, human=None)
    found = compare(run, _shelved(wrong))
    assert [one.contradicted for one in found] == [True, False]
    assert report(found) == 1
    assert "CONTRADICTED  tests keeps less than none" in capsys.readouterr().out


def test_nothing_to_compare_fails(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    stale = card(policy_of("tests"), versions={"compile": "0"})
    other = card(policy_of("strict"))
    silent = card(policy_of("compile"), ungated=0.0, random=0.0, human=0.0)
    absent = card(policy_of("self-score-frozen"), ungated=None, random=0.2, human=None)
    assert compare(run, _shelved(stale, other, silent, absent)) == []
    assert report([]) == 1
    assert "No claim of a card could be compared" in capsys.readouterr().out


def test_an_arm_is_known_by_its_hash_and_not_its_name(run: Run, tmp_path: Path) -> None:
    renamed = card(policy_of("tests"), name="strict")
    assert {one.claim.split()[0] for one in compare(run, _shelved(renamed))} <= {"tests"}
