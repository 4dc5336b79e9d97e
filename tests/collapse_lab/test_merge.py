"""Arms that were run apart, put together: made-up runs taken apart again, and a real one in two sittings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pd = pytest.importorskip("pandas", reason="needs pandas: pip install 'exogate[lab]'")
jsonschema = pytest.importorskip("jsonschema")

from collapse_lab.cli import cli  # noqa: E402
from collapse_lab.report.reading import read  # noqa: E402

from .report.synthetic import Made, write_run  # noqa: E402

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "collapse_lab" / "summary.schema.json").read_text("utf-8"))
ARMS = (
    Made("none", "none"),
    Made("compile", "exogenous", 1.0, 0.8),
    Made("tests", "exogenous", 1.0, 0.03),
    Made("human", "control", control="human"),
    Made("random@tests", "control", 0.7, 0.7, match="tests", control="random"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tasks = {"pocket": 30, "pocket-second": 20}
    return write_run(tmp_path_factory.mktemp("whole") / "run", arms=ARMS, seeds=2, rounds=2, tasks=tasks)


def part(
    whole: Path, folder: Path, labels: Sequence[str], change: Callable[[dict[str, Any]], None] | None = None
) -> Path:
    """Write what a run of these arms alone would have written."""
    (folder / "tables").mkdir(parents=True)
    summary = json.loads((whole / "summary.json").read_text("utf-8"))
    summary["arms"] = [arm for arm in summary["arms"] if arm["label"] in labels]
    if change:
        change(summary)
    (folder / "summary.json").write_text(json.dumps(summary), "utf-8")
    for name in ("scores", "rounds"):
        table = pd.read_parquet(whole / "tables" / f"{name}.parquet")
        table[table["label"].isin(labels)].to_parquet(folder / "tables" / f"{name}.parquet", index=False)
    return folder


def merged(out: Path, *parts: Path, status: int = 0) -> str:
    done = CliRunner().invoke(cli, ["merge", *map(str, parts), "--out", str(out)])
    assert done.exit_code == status, done.output
    return done.output


def loaded(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "summary.json").read_text("utf-8"))


def test_parts_together_are_the_whole(whole: Path, tmp_path: Path) -> None:
    parts = [
        part(whole, tmp_path / "tests", ["tests", "random@tests"]),
        part(whole, tmp_path / "none", ["none"]),
        part(whole, tmp_path / "rest", ["human", "compile"]),
    ]
    said = merged(tmp_path / "out", *parts)
    assert "10 arms of 3 runs" in said
    assert "Not there yet" not in said
    found, wanted = loaded(tmp_path / "out"), loaded(whole)
    assert found["arms"] == wanted["arms"]
    assert found["seconds"]["train"] == pytest.approx(3 * wanted["seconds"]["train"])
    other = {"arms", "seconds", "command"}
    assert {k: v for k, v in found.items() if k not in other} == {k: v for k, v in wanted.items() if k not in other}
    for name in ("scores", "rounds"):
        tables = [pd.read_parquet(folder / "tables" / f"{name}.parquet") for folder in (tmp_path / "out", whole)]
        keys = [c for c in ("label", "seed", "round", "benchmark", "task") if c in tables[0]]
        pd.testing.assert_frame_equal(*(table.sort_values(keys, ignore_index=True) for table in tables))


def test_what_was_put_together_can_be_reported_compared_and_put_together_again(whole: Path, tmp_path: Path) -> None:
    one, two = part(whole, tmp_path / "a", ["none"]), part(whole, tmp_path / "b", ["tests"])
    assert "Not there yet: compile (2 seeds); human (2 seeds); random@tests (2 seeds)." in merged(
        tmp_path / "ab", one, two
    )
    assert read(tmp_path / "ab").labels == ["none", "tests"]
    compared = CliRunner().invoke(cli, ["compare", "tests", "none", "--run", str(tmp_path / "ab")])
    assert compared.exit_code == 0, compared.output
    rest = part(whole, tmp_path / "rest", ["compile", "human", "random@tests"])
    merged(tmp_path / "all", tmp_path / "ab", rest)
    assert loaded(tmp_path / "all")["arms"] == loaded(whole)["arms"]
    # Again, over what is there.
    merged(tmp_path / "ab", one, two)


def test_of_an_arm_in_two_parts_the_one_that_got_further_is_taken(whole: Path, tmp_path: Path) -> None:
    def shorter(summary: dict[str, Any]) -> None:
        for arm in summary["arms"]:
            arm["rounds"] = arm["rounds"][:2]

    stopped = part(whole, tmp_path / "stopped", ["none", "tests"], shorter)
    done = part(whole, tmp_path / "done", ["tests"])
    said = merged(tmp_path / "out", stopped, done)
    assert "came out differently" not in said
    rounds = {arm["label"]: len(arm["rounds"]) for arm in loaded(tmp_path / "out")["arms"]}
    assert rounds == {"none": 2, "tests": 3}


def test_an_arm_that_came_out_differently_is_taken_once_and_named(whole: Path, tmp_path: Path) -> None:
    def slower(summary: dict[str, Any]) -> None:
        for arm in summary["arms"]:
            for page in arm["rounds"]:
                page["seconds"] = {"train": 1.0}

    def other(summary: dict[str, Any]) -> None:
        summary["arms"][0]["rounds"][1]["correctness"] = 0.123

    first = part(whole, tmp_path / "first", ["none"])
    same = part(whole, tmp_path / "same", ["none"], slower)
    assert "came out differently" not in merged(tmp_path / "one", first, same)
    differing = part(whole, tmp_path / "differing", ["none"], other)
    said = merged(tmp_path / "two", first, differing)
    assert f"Arm none, seed 0, came out differently in {first} and {differing}" in said
    assert loaded(tmp_path / "two")["arms"] == loaded(first)["arms"]
    scores = pd.read_parquet(tmp_path / "two" / "tables" / "scores.parquet")
    assert not scores.duplicated(["label", "seed", "round", "benchmark", "task"]).any()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"study": "another"}, "study"),
        ({"rounds": 5}, "rounds"),
        ({"code": {"revision": "1" * 64}}, "code.revision"),
        ({"versions": {"python": "3.12.1", "numpy": "2.0", "torch": "made up"}}, "versions.python"),
        ({"quick": True}, "quick"),
    ],
)
def test_what_is_of_another_origin_is_refused(whole: Path, tmp_path: Path, change: dict[str, Any], named: str) -> None:
    first = part(whole, tmp_path / "first", ["none"])
    other = part(whole, tmp_path / "other", ["tests"], lambda summary: summary.update(change))
    said = merged(tmp_path / "out", first, other, status=1)
    assert f"{other} and {first} were made with something else: {named}." in said
    assert not (tmp_path / "out").exists()


def test_other_settings_are_named(whole: Path, tmp_path: Path) -> None:
    first = part(whole, tmp_path / "first", ["none"])
    other = part(whole, tmp_path / "other", ["tests"], lambda summary: summary["settings"].update(prompts=7))
    assert "something else: settings.prompts." in merged(tmp_path / "out", first, other, status=1)


def test_a_runs_own_folder_is_not_written_over(whole: Path, tmp_path: Path) -> None:
    first = part(whole, tmp_path / "first", ["none"])
    assert "holds a run of its own" in merged(first, first, status=1)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text("{}")
    assert "holds a run of its own" in merged(tmp_path / "run", first, status=1)


def test_a_folder_without_a_summary_is_a_sentence(tmp_path: Path) -> None:
    assert "`collapse-lab run` writes it when a run ends" in merged(tmp_path / "out", tmp_path, status=1)


STUDY = """\
name: tiny
question: Are two sittings as good as one?
model:
  {width: 32, layers: 2, heads: 2, bases: [0], documents: 300, training: {steps: 40, learning_rate: 0.005}}
tasks: {benchmark: 24, second_benchmark: 12}
rounds: 1
seeds: [0]
prompts: 8
training: {steps: 4, batch: 8, checkpoint_every: 1}
evaluation: {samples: 1}
probes: {texts: 4, held_out: 4, prompts: 2, per_prompt: 2}
arms:
  - policy: compile
  - control: human
  - {control: random, match: compile}
"""


@pytest.mark.slow
@pytest.mark.sandbox
def test_two_sittings_of_a_real_study_are_as_good_as_one(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")
    (tmp_path / "tiny.yml").write_text(STUDY)
    share = tmp_path / "share"
    sittings = {"0": ["--sitting", "0", "--share", f"file://{share}/"], "human": ["--sitting", "human"], "all": []}
    for name, words in sittings.items():
        script = "from collapse_lab.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", script, "run", "tiny.yml", "--workers", "1", *words],
            # Each with a cache of its own, as on two machines.
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / f"cache-{name}"), "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    one, two = (tmp_path / "runs" / "tiny-sittings" / name for name in ("compile", "human"))
    # What a sitting shares lies below the address: two of them never take each other's pages.
    assert (share / "compile" / "arms" / "001" / "round-1.json").is_file()
    assert not (share / "plan.json").exists()
    merged(tmp_path / "out", one, two)
    whole = tmp_path / "runs" / "tiny"
    found, wanted = loaded(tmp_path / "out"), loaded(whole)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    for summary in (found, wanted):
        for arm in summary["arms"]:
            for page in arm["rounds"]:
                del page["seconds"]
    assert found["arms"] == wanted["arms"]
    tables = [pd.read_parquet(folder / "tables" / "scores.parquet") for folder in (tmp_path / "out", whole)]
    pd.testing.assert_frame_equal(*tables)
