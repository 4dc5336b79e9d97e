"""A whole study of a tiny model, in real processes with a real sandbox: once to its end, and once killed on its way."""

from __future__ import annotations

import copy
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")
pd = pytest.importorskip("pandas")
jsonschema = pytest.importorskip("jsonschema")

from collapse_lab.sample import seed_of  # noqa: E402

from .pages import pages  # noqa: E402

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
SCHEMA = json.loads((Path(__file__).parents[2] / "collapse_lab" / "summary.schema.json").read_text("utf-8"))
LABELS = ["perplexity-low-quantile", "human", "random@perplexity-low-quantile"]
STUDY = """\
name: tiny
question: Does all of it work together?
model:
  {width: 32, layers: 2, heads: 2, bases: [0], documents: 300, training: {steps: 40, learning_rate: 0.005}}
tasks: {benchmark: 40, second_benchmark: 20}
rounds: 2
seeds: [0]
prompts: 16
training: {steps: 4, batch: 8, checkpoint_every: 1}
evaluation: {samples: 2, k: [1, 2]}
probes: {texts: 8, held_out: 8, prompts: 2, per_prompt: 2}
arms:
  - {control: random, match: perplexity-low-quantile}
  - policy: perplexity-low-quantile
  - control: human
"""


class Runs:
    """Starts the command in a process group of its own; all runs share the bases that the first one trained."""

    def __init__(self, folder: Path) -> None:
        self.study = folder / "tiny.yml"
        self.study.write_text(STUDY)
        # A killed process leaves its temporary files.
        (folder / "tmp").mkdir()
        self._environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "TMPDIR": str(folder / "tmp")}

    def start(self, out: Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", "from collapse_lab.cli import main; main()", "run", str(self.study), "--out", out],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, out: Path) -> Path:
        process = self.start(out)
        said, _ = process.communicate()
        assert process.returncode == 0, said
        return out


def events(out: Path) -> int:
    return sum(log.read_text().count("\n") for log in (out / "logs").glob("*.jsonl"))


def finished(out: Path) -> dict[str, int]:
    """Return when each file of a finished artifact was written."""
    return {str(file): file.stat().st_mtime_ns for file in (out / "objects").rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def out(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return runs.finish(tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture(scope="module")
def summary(out: Path) -> dict[str, Any]:
    return json.loads((out / "summary.json").read_text("utf-8"))


def test_every_arm_comes_to_its_end(summary: dict[str, Any]) -> None:
    assert [arm["label"] for arm in summary["arms"]] == LABELS
    assert [[page["round"] for page in arm["rounds"]] for arm in summary["arms"]] == [[0, 1, 2]] * 3
    assert [arm["kind"] for arm in summary["arms"]] == ["endogenous", "control", "control"]
    assert {name: found["tasks"] for name, found in summary["benchmarks"].items()} == {
        "pocket": 40,
        "pocket-second": 20,
    }


def test_the_summary_is_what_the_schema_says(summary: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(summary)


def unknown(page: dict[str, Any]) -> None:
    page["pass_at_one"] = 0.5


def missing(page: dict[str, Any]) -> None:
    del page["endings"]


def percent(page: dict[str, Any]) -> None:
    page["acceptance"] = 50


def nested(page: dict[str, Any]) -> None:
    page["held_out"]["fresh"]["f1"] = 0.5


def words(page: dict[str, Any]) -> None:
    page["final_loss"] = "nan"


@pytest.mark.parametrize("damage", [unknown, missing, percent, nested, words])
def test_the_schema_refuses_anything_else(summary: dict[str, Any], damage: Callable[[dict[str, Any]], None]) -> None:
    damaged = copy.deepcopy(summary)
    damage(damaged["arms"][0]["rounds"][1])
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(damaged)


def test_the_schema_knows_every_key_and_no_other(summary: dict[str, Any]) -> None:
    page = summary["arms"][0]["rounds"][0]
    assert set(page) == set(SCHEMA["$defs"]["round"]["properties"]) == set(SCHEMA["$defs"]["round"]["required"])
    assert set(summary) == set(SCHEMA["properties"]) == set(SCHEMA["required"])
    assert set(summary["arms"][0]) == set(SCHEMA["$defs"]["arm"]["required"])
    # What is there only where a study has it.
    assert set(SCHEMA["$defs"]["arm"]["properties"]) - set(summary["arms"][0]) == {"prose_share"}


def test_round_0_is_the_same_model_for_all(summary: dict[str, Any]) -> None:
    gate, human, coin = (arm["rounds"][0] for arm in summary["arms"])
    for key in ("benchmarks", "correctness", "drift", "spectrum", "diversity", "degeneracy", "endings", "final_loss"):
        assert gate[key] == human[key] == coin[key]
    assert gate["final_loss"] is None


def test_a_round_trains_on_what_was_accepted(summary: dict[str, Any]) -> None:
    gate, human, coin = (arm["rounds"] for arm in summary["arms"])
    # The better half of 16; equal scores are kept together.
    assert gate[0]["documents"]["synthetic"] == round(16 * gate[0]["acceptance"]) >= 8
    assert coin[0]["documents"]["synthetic"] == round(16 * coin[0]["acceptance"])
    assert human[0]["documents"] == {"synthetic": 0, "human": 16, "lesson": 0}
    assert all(arm[2]["documents"] is None for arm in (gate, human, coin))
    assert all(page["final_loss"] > 0 for arm in (gate, human) for page in arm[1:])
    assert gate[1]["drift"] != gate[0]["drift"]
    assert gate[1]["drift"] != human[1]["drift"]
    assert all(page["held_out"]["fresh"]["n"] == 8 for page in gate)
    assert gate[0]["held_out"]["fresh"] == gate[0]["held_out"]["frozen"]
    assert all(page["acceptance"] is page["held_out"] is None for page in human)


def test_the_tables_hold_a_row_for_each_task_and_each_round(out: Path, summary: dict[str, Any]) -> None:
    scores = pd.read_parquet(out / "tables" / "scores.parquet")
    # Three arms; the second benchmark is scored in the first and the last round.
    assert len(scores) == 3 * (3 * 40 + 2 * 20)
    assert set(scores["n"]) == {2}
    rounds = pd.read_parquet(out / "tables" / "rounds.parquet")
    assert len(rounds) == 3 * 3
    assert list(rounds["label"]) == [label for label in LABELS for _ in range(3)]
    first = summary["arms"][0]["rounds"][1]
    assert rounds["drift.human_nll"][1] == first["drift"]["human_nll"]


def test_killed_at_any_moment_and_run_again_it_gives_the_same(runs: Runs, out: Path, tmp_path: Path) -> None:
    """The moment is drawn: an event of the log after which everything is killed at once, and some milliseconds."""
    draw = random.Random(seed_of("kill"))
    again = tmp_path / "run"
    moment, pause = draw.randrange(1, events(out) // 2), draw.random() / 2
    process = runs.start(again)
    while process.poll() is None and events(again) < moment:
        time.sleep(0.01)
    time.sleep(pause)
    assert process.poll() is None, process.communicate()[0]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (again / "summary.json").exists()
    made = finished(again)
    runs.finish(again)
    assert made.items() <= finished(again).items()
    assert pages(again) == pages(out)
    kept = json.loads((again / "summary.json").read_text("utf-8"))
    whole = json.loads((out / "summary.json").read_text("utf-8"))
    changing = ("seconds", "command", "arms")
    assert {k: v for k, v in kept.items() if k not in changing} == {k: v for k, v in whole.items() if k not in changing}
