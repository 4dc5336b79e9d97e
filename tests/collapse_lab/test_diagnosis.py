"""The execution diagnosis of a real tiny run, and what it refuses."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")

from collapse_lab.cli import cli
from collapse_lab.diagnosis import chosen, count, read
from collapse_lab.execution.programs import Ended
from collapse_lab.report.build import build

ROOT = Path(__file__).parents[2]
STUDY = """\
name: tiny
question: How do its samples end?
model:
  {width: 32, layers: 2, heads: 2, bases: [0], documents: 300, training: {steps: 40, learning_rate: 0.005}}
tasks: {benchmark: 12, second_benchmark: 6}
rounds: 1
seeds: [0]
prompts: 12
training: {steps: 4, batch: 8, checkpoint_every: 1}
evaluation: {samples: 1}
probes: {texts: 4, held_out: 4, prompts: 2, per_prompt: 2}
arms:
  - policy: none
  - control: human
"""


def test_samples_are_drawn_by_a_seed() -> None:
    first = chosen(2000, 500, 1)
    assert len(set(first)) == 500
    assert first == sorted(first) == chosen(2000, 500, 1)
    assert first != chosen(2000, 500, 2)
    assert chosen(7, 500, 1) == list(range(7))


def test_endings_are_counted() -> None:
    ended = [Ended(True, "ran"), Ended(False, "SyntaxError"), Ended(True, "ImportError"), Ended(True, "ran")]
    assert count(ended) == {
        "samples": 4,
        "compiled": 3,
        "strict": 2,
        "relaxed": 3,
        "endings": {"ran": 2, "ImportError": 1, "SyntaxError": 1},
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("diagnosed")
    (folder / "tiny.yml").write_text(STUDY)
    script = "from collapse_lab.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "run", "tiny.yml", "--workers", "1", "--out", "run"],
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "run"


def diagnose(*words: str | Path, status: int = 0) -> str:
    done = CliRunner().invoke(cli, ["diagnose", *map(str, words)])
    assert done.exit_code == status, done.output
    return done.output


def table(run: Path, name: str) -> list[dict[str, Any]]:
    with (run / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_runs_samples_are_diagnosed_by_arm_and_round(run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    first = diagnose(copy, "--round", "0", "--samples", "5", "--workers", "1")
    assert first.count("round 0: 5 samples") == 2
    before = {row["label"]: row for row in table(copy, "diagnosis")}
    assert set(before) == {"none", "human"}
    # Both arms have one pool in round 0, which is run once.
    assert len(_artifacts(copy)) == 1
    assert {k: v for k, v in before["none"].items() if k != "label"} == {
        k: v for k, v in before["human"].items() if k != "label"
    }

    whole = diagnose(copy, "--workers", "1")
    assert "none, seed 0, round 0: 12 samples, compiled" in whole
    rows = table(copy, "diagnosis")
    assert [(row["label"], row["round"]) for row in rows] == [
        ("none", "0"),
        ("none", "1"),
        ("human", "0"),
        ("human", "1"),
    ]
    endings = table(copy, "diagnosis-endings")
    for row in rows:
        mine = {
            e["ending"]: int(e["samples"]) for e in endings if (e["label"], e["round"]) == (row["label"], row["round"])
        }
        assert sum(mine.values()) == int(row["samples"]) == 12
        assert mine.get("ran", 0) == int(row["strict"]) <= int(row["relaxed"]) <= int(row["compiled"]) <= 12

    # A second look finds what the first one made.
    made = {path: path.stat().st_mtime_ns for path in _artifacts(copy)}
    assert diagnose(copy, "--workers", "1").splitlines()[:4] == whole.splitlines()[:4]
    assert {path: path.stat().st_mtime_ns for path in _artifacts(copy)} == made
    assert [one.who for one in read(copy)] == [(name, 0, 0, t) for name in ("none", "human") for t in (0, 1)]

    page = build([copy], copy).read_text("utf-8")
    assert "How samples end as programs" in page
    assert len(table(copy, "execution")) == 4
    # The report leaves what it reads as it is.
    assert table(copy, "diagnosis") == rows


@pytest.mark.slow
@pytest.mark.sandbox
def test_it_agrees_with_what_is_known_of_the_pool(run: Path, tmp_path: Path) -> None:
    """What does not compile cannot have passed, and what compiles did not end in a SyntaxError in the hidden tests."""
    copy = shutil.copytree(run, tmp_path / "run")
    diagnose(copy, "--round", "0", "--workers", "1")
    one = next(one for one in read(copy) if one.label == "none")
    endings = Counter(json.loads((copy / "arms" / "000" / "round-0.json").read_text())["endings"])
    broken = sum(endings[name] for name in ("SyntaxError", "IndentationError", "TabError"))
    assert one.samples - one.compiled == broken


@pytest.mark.slow
@pytest.mark.sandbox
def test_arms_that_the_run_has_no_more_are_left_out(run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    gone = {"label": "gone", "base": 0, "seed": 0, "round": 0, **count([Ended(True, "ran")])}
    (copy / "diagnosis.json").write_text(json.dumps([gone]))
    diagnose(copy, "--round", "0", "--samples", "2", "--workers", "1")
    assert {row["label"] for row in table(copy, "diagnosis")} == {"none", "human"}


@pytest.mark.slow
def test_a_round_that_is_not_done_is_a_sentence(run: Path) -> None:
    assert f"{run} has no round 7 that is done." in diagnose(run, "--round", "7", status=1)


def test_what_is_no_run_is_a_sentence(tmp_path: Path) -> None:
    said = diagnose(tmp_path, status=1)
    assert "holds no run whose samples could be looked at" in said
    assert "diagnose its parts" in said


@pytest.mark.slow
def test_samples_of_other_code_are_not_made_anew(run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "code": "0" * 64}))
    assert "were made by something else than is installed here (code)" in diagnose(copy, status=1)


@pytest.mark.slow
def test_samples_that_are_gone_are_not_made_anew(run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    for found in list((copy / "objects").rglob("samples.jsonl")):
        shutil.rmtree(found.parent)
    said = diagnose(copy, "--workers", "1", status=1)
    assert "The samples of arm none, base 0, seed 0 in round 0 are not to be had" in said
    assert not list((copy / "objects").rglob("samples.jsonl"))


def _artifacts(run: Path) -> list[Path]:
    return sorted((run / "objects").rglob("ended.jsonl"))
