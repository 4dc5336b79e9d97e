"""The shipped results: whole, of the study that is shipped, and the page's tables are what they give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pd = pytest.importorskip("pandas")
jsonschema = pytest.importorskip("jsonschema")

import collapse_lab  # noqa: E402
from collapse_lab.arms import cells  # noqa: E402
from collapse_lab.report.chapter import chapter  # noqa: E402
from collapse_lab.report.reading import read  # noqa: E402
from collapse_lab.studies import open_study  # noqa: E402
from collapse_lab.study import Study  # noqa: E402
from collapse_lab.tasks import open_source  # noqa: E402

ROOT = Path(collapse_lab.__file__).parent
RESULTS = sorted(path.parent for path in (ROOT / "results").glob("*/summary.json"))
AGAIN = "The shipped results are of another study. Run it again, and copy what the README in results/ names."


@pytest.fixture(params=RESULTS, ids=lambda path: path.name)
def results(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


def test_the_default_study_is_there() -> None:
    assert "pocket" in [path.name for path in RESULTS]


def test_the_summary_is_what_the_schema_says(results: Path) -> None:
    summary = json.loads((results / "summary.json").read_text("utf-8"))
    jsonschema.validate(summary, json.loads((ROOT / "summary.schema.json").read_text("utf-8")))


def test_they_are_of_the_study_and_the_tasks_that_are_shipped(results: Path) -> None:
    summary = json.loads((results / "summary.json").read_text("utf-8"))
    study = open_study(results.name)
    # A setting that came later has its default there.
    assert Study.model_validate(summary["settings"]) == study.model_copy(update={"quick": {}}), AGAIN
    benchmarks = {name: benchmark.hash for name, benchmark in open_source(study.tasks).benchmarks().items()}
    assert {name: facts["hash"] for name, facts in summary["benchmarks"].items()} == benchmarks, AGAIN


def test_every_arm_is_there_to_its_last_round(results: Path) -> None:
    summary = json.loads((results / "summary.json").read_text("utf-8"))
    wanted = {(cell.label, cell.base, cell.seed) for cell in cells(open_study(results.name))}
    assert {(arm["label"], arm["base"], arm["seed"]) for arm in summary["arms"]} == wanted
    assert {len(arm["rounds"]) for arm in summary["arms"]} == {summary["rounds"] + 1}


def test_the_tables_are_what_the_summary_gives(results: Path, tmp_path: Path) -> None:
    for table in chapter(read(results)).tables:
        table.write(tmp_path)
    shipped = sorted((results / "tables").glob("*.csv"))
    assert [path.name for path in shipped] == sorted(path.name for path in tmp_path.glob("*.csv"))
    for path in shipped:
        # Another version of a library may add up in another order.
        pd.testing.assert_frame_equal(pd.read_csv(path), pd.read_csv(tmp_path / path.name), rtol=1e-6)
