"""The section on answers in words: numbers by seed and task, gaps that are gaps, and nothing where there is nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from collapse_lab.report.build import build
from collapse_lab.report.chapter import chapter
from collapse_lab.report.marks import marks
from collapse_lab.report.reading import Run, read
from collapse_lab.report.retention import kept
from collapse_lab.report.scores import Scores
from tests.collapse_lab.report.synthetic import ARMS, write_run

FEW = [made for made in ARMS if made.policy in ("none", "human", "perplexity-low-frozen")]


def made(folder: Path, first: str = "reveal", *, sampled: bool = True, ends_only: bool = False, **others: Any) -> Run:
    """Return a made-up run, its scores turned into answers in words by dice."""
    second = {"reveal": "codesearchnet", "codesearchnet": "reveal"}[first]
    sizes = {"arms": FEW, "seeds": 2, "rounds": 2, "tasks": {first: 40, second: 30}}
    write_run(folder, **{**sizes, **others})
    table = folder / "tables" / "scores.parquet"
    frame = pd.read_parquet(table)
    if ends_only:
        frame = frame[(frame["benchmark"] == first) | frame["round"].isin([0, 2])]
    random = np.random.default_rng(1)
    asked = frame["benchmark"] == "reveal"
    number = frame["task"].str[-4:].astype(int)
    frame.loc[asked, "positive"] = (number[asked] % 3 == 0).astype(float)
    for name in ("yes", "greedy_yes"):
        frame.loc[asked, name] = random.integers(0, 2, asked.sum()).astype(float)
    for name in ("neither", "greedy_neither"):
        frame.loc[asked, name] = 0.0
    for name in ("bleu", "greedy_bleu", "rouge_l", "greedy_rouge_l"):
        frame.loc[~asked, name] = random.random((~asked).sum())
    frame["greedy"] = frame["greedy"].astype(float)
    frame.loc[~asked, ["n", "c"]] = 0
    frame.loc[~asked, "greedy"] = np.nan
    if not sampled:
        frame[["yes", "neither", "bleu", "rouge_l"]] = np.nan
    frame.to_parquet(table, index=False)
    return read(folder)


def rows(run: Run, benchmark: str) -> dict[tuple[str, int], dict[str, Any]]:
    (section,) = marks(run)
    (figure,) = (figure for figure in section.figures if figure.table.name == f"answers-{benchmark}")
    return {(row["label"], row["round"]): dict(row) for row in figure.table.rows}


def test_f1_is_scikit_learns_over_all_seeds(tmp_path: Path) -> None:
    run = made(tmp_path)
    found = rows(run, "reveal")
    assert set(found) == {(label, t) for label in run.labels for t in range(3)}
    frame = run.scores[run.scores["benchmark"] == "reveal"]
    for (label, t), row in found.items():
        own = frame[(frame["label"] == label) & (frame["round"] == t)]
        assert len(own) == 80
        assert row["f1"].estimate == pytest.approx(f1_score(own["positive"], own["yes"]))
        assert row["f1"].low < row["f1"].estimate < row["f1"].high
        assert row["neither"].estimate == 0


def test_summaries_are_means_and_retention_is_of_bleu(tmp_path: Path) -> None:
    run = made(tmp_path, "codesearchnet")
    frame = run.scores[run.scores["benchmark"] == "codesearchnet"]
    for (label, t), row in rows(run, "codesearchnet").items():
        own = frame[(frame["label"] == label) & (frame["round"] == t)]
        assert row["bleu"].estimate == pytest.approx(own["bleu"].mean())
        assert row["rouge_l"].estimate == pytest.approx(own["rouge_l"].mean())
    scores = Scores(run.scores, "codesearchnet")
    assert (scores.called, scores.measure) == ("BLEU-4", "sampled")
    none = frame[frame["label"] == "none"].groupby("round")["bleu"].mean()
    (one,) = (k for k in kept(run, scores) if k.label == "none")
    assert one.retained is not None
    assert one.retained.estimate == pytest.approx(none[2] / none[0])


def test_greedy_answers_are_shown_where_none_were_drawn(tmp_path: Path) -> None:
    run = made(tmp_path, sampled=False)
    (section,) = marks(run)
    assert [figure.table.title for figure in section.figures] == [
        "reveal: greedy answers by round and arm",
        "codesearchnet: greedy answers by round and arm",
    ]
    assert "neither" in rows(run, "reveal")["none", 2]
    assert rows(run, "codesearchnet")["none", 2]["rouge_l"] is not None
    said = Scores(run.scores, "codesearchnet")
    assert (said.called, said.measure) == ("BLEU-4", "greedy")
    frame = run.scores[(run.scores["benchmark"] == "reveal") & (run.scores["label"] == "none")]
    own = frame[frame["round"] == 2]
    assert rows(run, "reveal")["none", 2]["f1"].estimate == pytest.approx(f1_score(own["positive"], own["greedy_yes"]))


def test_rounds_that_were_not_scored_are_gaps(tmp_path: Path) -> None:
    run = made(tmp_path, ends_only=True)
    assert {t for _, t in rows(run, "codesearchnet")} == {0, 2}
    (section,) = marks(run)
    drawn = {figure.table.name: figure.picture is not None for figure in section.figures}
    assert drawn == {"answers-reveal": True, "answers-codesearchnet": False}


def test_an_arm_that_stopped_is_shown_as_far_as_it_got(tmp_path: Path) -> None:
    run = made(tmp_path, stopped={("none", 0): 1, ("none", 1): 0, ("human", 1): -1})
    found = rows(run, "reveal")
    assert {t for label, t in found if label == "none"} == {0, 1}
    frame = run.scores[(run.scores["benchmark"] == "reveal") & (run.scores["label"] == "none")]
    # Over the seed that reached round 1.
    own = frame[(frame["round"] == 0) & (frame["seed"] == 0)]
    assert found["none", 0]["f1"].estimate == pytest.approx(f1_score(own["positive"], own["yes"]))


def test_who_always_says_yes_stands_beside(tmp_path: Path) -> None:
    (section,) = marks(made(tmp_path))
    # 14 of 40 are positive: 2 x .35 / 1.35.
    assert "35 % of the functions are vulnerable: who always says yes has an F1 of 0.519" in section.notes[0]


@pytest.mark.parametrize("first", ["reveal", "codesearchnet"])
def test_the_page_is_whole_and_asks_no_claims_about_code(tmp_path: Path, first: str) -> None:
    run = made(tmp_path / "run", first)
    assert "claims" not in [section.id for section in chapter(run).sections]
    assert "Answers in words" in build([tmp_path / "run"], tmp_path / "out").read_text("utf-8")


def test_a_run_of_code_has_no_such_section(tmp_path: Path) -> None:
    run = read(write_run(tmp_path, arms=FEW, seeds=1, rounds=1, tasks={"pocket": 20}))
    assert marks(run) == []
    sections = [section.id for section in chapter(run).sections]
    assert "answers" not in sections
    assert "claims" in sections
    assert Scores(run.scores, "pocket").called == "pass@1"
