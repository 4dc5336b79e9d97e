"""Several runs: which measurement counts, what is written, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import collapse_lab
from collapse_lab.cli import cli
from collapse_lab.evidence.choose import Measured, chosen, measured
from collapse_lab.evidence.exposure import exposure
from collapse_lab.evidence.write import file_names, write
from collapse_lab.report.reading import ReportError
from gates.evidence.exposure import read_exposure
from gates.evidence.shelf import shelf
from tests.collapse_lab.evidence.runs import FEW, hybrid, made_up
from tests.gates.evidence.made_up import card, policy

POCKET = Path(collapse_lab.__file__).parent / "results" / "pocket"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    folder = tmp_path_factory.mktemp("runs")
    tosses = tuple(made for made in FEW if made.control != "random")
    made = {
        "small": made_up(folder / "small"),
        "again": made_up(folder / "again", seed=1),
        "longer": made_up(folder / "longer", rounds=3),
        "without": made_up(folder / "without", rounds=4, arms=tosses),
    }
    return {name: measured(name, run) for name, run in made.items()}


def _picked(runs: dict[str, Measured], *names: str) -> tuple[str, int, tuple[str, ...]]:
    found = chosen([runs[name] for name in names])
    tests = next(card for card in found.cards if card.policy.name == "tests")
    return tests.made.results["summary.json"], tests.study.rounds, found.notes


def _digest(runs: dict[str, Measured], name: str) -> str:
    return _picked(runs, name)[0]


def test_more_seeds_times_rounds_count_and_of_equals_the_later(runs: dict[str, Measured]) -> None:
    assert _picked(runs, "longer", "small")[1] == 3
    assert _picked(runs, "small", "longer")[1] == 3
    assert _picked(runs, "small", "again")[0] == _digest(runs, "again")
    digest, _, notes = _picked(runs, "again", "small")
    assert digest == _digest(runs, "small")
    assert "`tests` was measured in again and in small: small counts." in notes


def test_one_without_a_verdict_never_stands_before_one_with(runs: dict[str, Measured]) -> None:
    assert _picked(runs, "small", "without")[1] == 2
    assert _picked(runs, "without", "small")[1] == 2


def test_two_policies_of_one_name_have_two_files() -> None:
    two = card(policy("gates: {compile: block}"), name="own"), card(policy("gates: {secrets: block}"), name="own")
    names = file_names((*two, card(policy("gates: {lint: block}"), name="exposure")))
    assert len(set(names.values())) == 3
    assert all(name.startswith(("own-", "exposure-")) for name in names.values())


def test_shares_of_human_documents_are_written_beside_the_cards(tmp_path: Path) -> None:
    run = hybrid(tmp_path / "run")
    made = exposure(run)
    assert made is not None
    assert [point.share for point in made.points] == [0.0, 0.5, 0.9, 1.0]
    assert [point.label for point in made.points] == [
        "human", "none, hybrid, human 50%", "none, hybrid, human 10%", "none",
    ]  # fmt: skip
    said = write(chosen([measured("run", run)]), tmp_path / "out")
    assert read_exposure((tmp_path / "out" / "exposure.json").read_bytes()) == made
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["exposure.json", "none.json"]
    assert said[-1].startswith("exposure.json: skill kept by share of unreviewed samples: 0%: ")


def test_natural_language_changes_no_share_of_samples(tmp_path: Path) -> None:
    run = hybrid(tmp_path / "run")
    for arm in run.arms:
        for t in range(2):
            arm.value(t, "documents")["prose"] = 200
    made = exposure(run)
    assert made is not None
    assert [point.share for point in made.points] == [0.0, 0.5, 0.9, 1.0]


def test_a_run_without_hybrid_arms_says_nothing_of_shares(runs: dict[str, Measured], tmp_path: Path) -> None:
    assert runs["small"].exposure is None
    stopped = {("none, hybrid, human 10%", seed): 1 for seed in range(3)}
    assert exposure(hybrid(tmp_path, (0.1,), stopped=stopped)) is None


def test_a_run_without_a_policy_alone_is_no_evidence(tmp_path: Path) -> None:
    def turn(summary: dict[str, object]) -> None:
        for arm in summary["arms"]:  # type: ignore[attr-defined]
            arm["start"] = "base"

    with pytest.raises(ReportError, match="Nothing in run is evidence"):
        chosen([measured("run", made_up(tmp_path, turn))])


def test_a_folder_that_is_no_run_is_wrong_usage(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["evidence", str(tmp_path), "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "cannot be read" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_committed_run_gives_the_reports_numbers(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["evidence", str(POCKET), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    found = {o.card.policy.name: o.card for o in shelf([tmp_path]).cards if str(tmp_path) in o.source}
    assert not [problem for problem in shelf([tmp_path]).problems if str(tmp_path) in problem]
    kept = pd.read_csv(POCKET / "tables" / "retention.csv").set_index("label")
    against = {
        side: pd.read_csv(POCKET / "tables" / f"contrasts-{name}.csv").set_index("label")
        for side, name in (("ungated", "none"), ("random", "random"))
    }
    assert set(found) == set(kept.index[kept["group"] != "control"])
    for name, one in found.items():
        interval = one.summary.retention.policy
        assert interval is not None
        wanted = kept.loc[name, ["retained", "retained_low", "retained_high"]].to_list()
        assert [interval.estimate, interval.low, interval.high] == pytest.approx(wanted, rel=1e-4)
        for side, table in against.items():
            contrast = getattr(one.summary.contrasts, side)
            assert (contrast is not None) == (name in table.index)
            assert contrast is None or contrast.says == table.loc[name, "verdict"]
        # No card of a study whose controls are missing claims anything.
        if name != "none" and one.summary.contrasts.random is None:
            assert one.summary.verdict == "unmeasured"
    assert json.loads((tmp_path / "tests.json").read_text("utf-8"))["summary"]["verdict"] == "holds"
