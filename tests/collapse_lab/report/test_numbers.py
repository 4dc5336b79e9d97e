"""What the report computes, against numbers worked out by hand or known otherwise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from collapse_lab.metrics.intervals import Interval
from collapse_lab.report.claims import Claim, answer, judged, load
from collapse_lab.report.contrasts import (
    against_none,
    against_random,
    contrast,
    none_for,
    of_pair,
    p_value,
    random_for,
    student,
)
from collapse_lab.report.prediction import predict
from collapse_lab.report.reading import ReportError, Run, read
from collapse_lab.report.retention import kept, retained
from collapse_lab.report.scores import Paired, Scores
from tests.collapse_lab.report.synthetic import ARMS, write_run

FEW = [a for a in ARMS if a.policy in ("none", "human", "compile", "tests", "self-score-frozen", "random@tests")]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read(write_run(tmp_path_factory.mktemp("run"), arms=FEW, rounds=3, tasks={"pocket": 80}))


@pytest.fixture(scope="module")
def scores(run: Run) -> Scores:
    return Scores(run.scores, "pocket")


def frame(rows: list[tuple[str, int, int, str, int, int]]) -> pd.DataFrame:
    """Score rows of one benchmark from (label, seed, round, task, n, c)."""
    columns = ["label", "seed", "round", "task", "n", "c"]
    return pd.DataFrame(rows, columns=columns).assign(base=0, benchmark="b", stratum="head", greedy=0)


def test_controls_come_first(run: Run) -> None:
    assert run.labels == ["none", "human", "random@tests", "compile", "tests", "self-score-frozen"]


def test_retention_is_last_over_first() -> None:
    table = frame(
        [("a", 0, t, task, 4, c) for t, cs in ((0, (4, 2)), (1, (3, 0))) for task, c in zip("xy", cs, strict=True)]
    )
    found = retained(Scores(table, "b"), "a", 1)
    assert found is not None and found.estimate == pytest.approx(3 / 6)


def test_only_what_both_have_is_paired() -> None:
    """Seed 1 has no round 1, task y was not sampled there: neither counts in round 0 of the pair."""
    rows = [("a", 0, 0, "x", 4, 4), ("a", 0, 0, "y", 4, 0), ("a", 1, 0, "x", 4, 0), ("a", 1, 0, "y", 4, 0)]
    table = frame([*rows, ("a", 0, 1, "x", 4, 2), ("a", 0, 1, "y", 0, 0)])
    pair = Scores(table, "b").paired(("a", 1), ("a", 0))
    assert pair is not None
    assert (pair.a.tolist(), pair.b.tolist(), pair.keys) == ([[0.5]], [[1.0]], ((0, 0),))
    assert Scores(table, "b").paired(("a", 1), ("missing", 0)) is None


def test_interrupted_arms_are_taken_where_they_stopped(tmp_path: Path) -> None:
    stopped = {("tests", 0): 1, ("tests", 1): 1, ("compile", 1): 0}
    run = read(write_run(tmp_path, arms=FEW, seeds=2, rounds=3, tasks={"pocket": 40}, stopped=stopped))
    scores = Scores(run.scores, "pocket")
    found = {k.label: k for k in kept(run, scores)}
    assert (found["tests"].round, found["tests"].seeds) == (1, 2)
    assert (found["compile"].round, found["compile"].seeds) == (3, 1)
    against = contrast(run, scores, "tests", "none")
    assert against is not None and (against.round, against.seeds) == (1, 2)


def test_an_arm_without_rounds_after_the_first_says_nothing(tmp_path: Path) -> None:
    stopped = {("tests", 0): 0}
    run = read(write_run(tmp_path, arms=FEW, seeds=1, rounds=2, tasks={"pocket": 40}, stopped=stopped))
    scores = Scores(run.scores, "pocket")
    tests = next(k for k in kept(run, scores) if k.label == "tests")
    assert (tests.retained, tests.area, tests.slope) == (None, None, None)
    assert contrast(run, scores, "tests", "none") is None
    assert "tests" not in {c.label for c in against_none(run, scores)}


def test_p_is_that_of_the_interval() -> None:
    assert p_value(Interval(0.0, -1, 1)) == pytest.approx(1)
    assert p_value(Interval(1.0, 0.0, 2.0)) == pytest.approx(0.05)
    assert p_value(Interval(0.0, 0.0, 0.0)) == 1
    assert p_value(Interval(0.5, 0.5, 0.5)) == 0


def test_seeds_that_disagree_are_not_separable() -> None:
    a = np.vstack([np.full(200, 0.9), np.full(200, 0.4)])
    found = of_pair(Paired(a, np.full((2, 200), 0.5), ((0, 0), (0, 1))), "a", "b", 1)
    assert found is not None and found.agreeing == 1
    assert replace(found, p_holm=0.0001).verdict == "not separable"
    assert replace(found, p_holm=0.0001, agreeing=2).verdict == "more"


def test_a_family_is_corrected(run: Run, scores: Scores) -> None:
    found = against_none(run, scores)
    assert {c.label for c in found} == set(run.labels) - {"none"}
    assert all(c.p_holm >= c.p for c in found) and any(c.p_holm > c.p for c in found)
    assert [(c.label, c.against) for c in against_random(run, scores)] == [("tests", "random@tests")]


def test_references_share_the_data_rule(run: Run) -> None:
    def label(name: str, policy: str, kind: str) -> object:
        facts = {**run.arms[0].facts, "policy": policy, "kind": kind, "match": None}
        return replace(run.arms[0], label=name, facts=facts)

    names = [("none", "none", "none"), ("none, accumulate", "none", "none"), ("lint, accumulate", "lint", "exogenous")]
    other = replace(run, arms=tuple(label(*name) for name in names))  # type: ignore[arg-type]
    assert none_for(other, "lint, accumulate") == "none, accumulate"
    assert none_for(other, "none, accumulate") == "none"
    assert none_for(other, "none") is None
    assert random_for(other, "none") is None


def test_student_is_student() -> None:
    values = [0.1, 0.3, 0.25]
    low, high = ttest_1samp(values, 0).confidence_interval()
    found = student(values)
    assert found is not None and (found.low, found.high) == pytest.approx((low, high))
    assert student([0.1]) is None


@given(st.floats(-1, 1), st.floats(0, 0.5), st.sampled_from(["above", "below", "equal"]))
def test_verdicts_follow_the_interval(middle: float, half: float, says: str) -> None:
    number = Interval(middle, middle - half, middle + half)
    found = judged(number, says, 0, 0.02)  # type: ignore[arg-type]
    if says == "equal":
        assert (found == "reproduces") == (number.low >= -0.02 and number.high <= 0.02)
        return
    sign = 1 if says == "above" else -1
    ends = sorted((sign * number.low, sign * number.high))
    assert (found == "reproduces") == (ends[0] > 0)
    if found == "not separable at this size":
        assert ends[0] <= 0 <= ends[1] and max(map(abs, ends)) > 0.02


def test_claims_name_what_they_need() -> None:
    claims = load()
    assert len({c.id for c in claims}) == len(claims) > 15
    for claim in claims:
        assert claim.source and claim.claim.endswith(".")
        assert (claim.test == "difference") == (claim.against is not None)
        assert (claim.test in ("change", "level")) == bool(claim.column) == bool(claim.called)
        assert (claim.test == "strata") == (claim.arm_stratum is not None) == (claim.against_stratum is not None)


def test_claims_are_answered_by_the_numbers(run: Run, scores: Scores) -> None:
    by = {c.id: answer(run, scores, c) for c in load()}
    assert by["collapse"].verdict == "reproduces"
    assert by["self-training-helps"].verdict == "does not reproduce"
    assert by["accumulate"].verdict == "not asked here"
    assert "`none, accumulate`" in by["accumulate"].measured


def test_opposite_claims_get_opposite_answers(run: Run, scores: Scores) -> None:
    """The answer hangs on the numbers: turned round, a claim that reproduced does not."""
    for claim in load():
        turned = {"above": "below", "below": "above"}.get(claim.says)
        found = answer(run, scores, claim)
        if turned and found.verdict == "reproduces":
            other = answer(run, scores, claim.model_copy(update={"says": turned}))
            assert other.verdict == "does not reproduce"


def test_one_seed_separates_no_change(tmp_path: Path) -> None:
    run = read(write_run(tmp_path, arms=FEW, seeds=1, rounds=2, tasks={"pocket": 40}))
    claim = Claim(id="x", claim="X.", source="s", test="change", arm="none", says="above", column=("correctness",))
    found = answer(run, Scores(run.scores, "pocket"), claim)
    assert (found.verdict, found.number) == ("not separable at this size", None)
    missing = claim.model_copy(update={"column": ("nothing",)})
    assert answer(run, Scores(run.scores, "pocket"), missing).verdict == "not asked here"


def test_predictions_never_see_what_they_predict(run: Run) -> None:
    """With the measured rounds of one arm changed, its prediction stays and its error moves."""
    before = {p.label: p for p in predict(run).arms}
    assert set(before) == {"random@tests", "compile", "tests", "self-score-frozen"}

    def lower(page: dict[str, object]) -> dict[str, object]:
        return {**page, "strata": dict.fromkeys(("head", "middle", "tail"), 0.01)} if page["round"] else page

    arms = [replace(a, rounds=tuple(map(lower, a.rounds))) if a.label == "tests" else a for a in run.arms]
    after = {p.label: p for p in predict(replace(run, arms=tuple(arms))).arms}
    assert after["tests"].curve == before["tests"].curve
    assert after["tests"].error > before["tests"].error
    assert after["compile"] == before["compile"]


def test_without_controls_nothing_is_predicted(run: Run) -> None:
    found = predict(replace(run, arms=tuple(a for a in run.arms if a.label != "human")))
    assert found.arms == [] and "`human`" in found.why


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "summary.json").unlink(), "cannot be read"),
        (lambda folder: (folder / "summary.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "summary.json").write_text('{"schema_version": "9.0"}'), "schema version 9.0"),
        (lambda folder: (folder / "tables" / "scores.parquet").unlink(), "scores.parquet cannot be read"),
    ],
)
def test_folders_that_hold_no_run_are_refused(tmp_path: Path, change: object, said: str) -> None:
    folder = write_run(tmp_path / "run", arms=FEW[:1], seeds=1, rounds=1, tasks={"pocket": 10})
    change(folder)  # type: ignore[operator]
    with pytest.raises(ReportError, match=said):
        read(folder)


def test_a_run_without_rounds_is_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", arms=FEW[:1], seeds=1, rounds=1, tasks={"pocket": 10})
    summary = json.loads((folder / "summary.json").read_text())
    summary["arms"] = []
    (folder / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(ReportError, match="no round"):
        read(folder)


def test_the_first_benchmark_is_the_tables(tmp_path: Path) -> None:
    """The summary's keys are sorted by name; headlines are about the benchmark that the study names first."""
    run = read(write_run(tmp_path, arms=FEW[:1], seeds=1, rounds=1, tasks={"zeta": 20, "alpha": 20}))
    assert list(run.summary["benchmarks"]) == ["alpha", "zeta"]
    assert run.benchmarks == ["zeta", "alpha"]
