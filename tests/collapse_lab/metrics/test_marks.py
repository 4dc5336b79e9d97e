"""Precision, recall and F1 of yes against scikit-learn's, and what a benchmark's rows come to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from collapse_lab.benchmarks.answers.rubric import Rubric, Summary, YesOrNo
from collapse_lab.metrics.intervals import bootstrap, combined
from collapse_lab.metrics.marks import RATES, figures, named, outcomes, task_marks

ANSWERS = st.lists(st.tuples(st.booleans(), st.sampled_from(["yes", "no", "well"])), min_size=1, max_size=30)
SKLEARN = {"precision": precision_score, "recall": recall_score, "f1": f1_score}


def answer(rubric: Rubric, text: str, *, greedy: bool = False) -> dict[str, Any]:
    return {"greedy": greedy, "marks": rubric.mark(text).marks}


def row(rubric: Rubric, *sampled: str, greedy: str | None = None) -> dict[str, Any]:
    first = [] if greedy is None else [answer(rubric, greedy, greedy=True)]
    return task_marks(rubric, [*first, *(answer(rubric, text) for text in sampled)])


@settings(deadline=None)
@given(ANSWERS)
def test_rates_are_scikit_learns_of_the_positive_class(answers: list[tuple[bool, str]]) -> None:
    rows = [row(YesOrNo(positive), greedy=text) for positive, text in answers]
    truth = ["yes" if positive else "no" for positive, _ in answers]
    found = figures(rows)
    for name, known in SKLEARN.items():
        # A third class: of its members none is found, and none is a false alarm.
        wanted = known(truth, [text for _, text in answers], labels=["yes"], average="micro", zero_division=0)
        assert found[name] == {"greedy": pytest.approx(wanted), "sampled": None}
    assert found["neither"]["greedy"] == pytest.approx(np.mean([text == "well" for _, text in answers]))


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.tuples(*[st.sampled_from(["yes", "no", "?"])] * 3)), min_size=1))
def test_several_answers_to_a_task_count_each(answers: list[tuple[bool, tuple[str, ...]]]) -> None:
    found = figures([row(YesOrNo(positive), *texts) for positive, texts in answers])
    truth = ["yes" if positive else "no" for positive, texts in answers for _ in texts]
    said = [text for _, texts in answers for text in texts]
    wanted = f1_score(truth, said, labels=["yes"], average="micro", zero_division=0)
    assert found["f1"] == {"greedy": None, "sampled": pytest.approx(wanted)}


def test_what_is_never_said_has_no_precision_to_speak_of_and_counts_as_0() -> None:
    found = figures([row(YesOrNo(True), greedy="no"), row(YesOrNo(False), greedy="what?")])
    assert {name: found[name]["greedy"] for name in found} == {"precision": 0, "recall": 0, "f1": 0, "neither": 0.5}


def test_summaries_have_means_and_nothing_else() -> None:
    rows = [
        row(Summary("return the sum"), "return the sum", "nothing like it", greedy="return the sum"),
        row(Summary("open a file"), "open a file", "open a file", greedy=""),
    ]
    assert rows[0] == {
        "bleu": pytest.approx(0.5),
        "rouge_l": pytest.approx(0.5),
        "greedy_bleu": pytest.approx(1),
        "greedy_rouge_l": pytest.approx(1),
    }
    assert figures(rows) == {
        "bleu": {"greedy": pytest.approx(0.5), "sampled": pytest.approx(0.75)},
        "rouge_l": {"greedy": pytest.approx(0.5), "sampled": pytest.approx(0.75)},
    }


def test_rows_without_marks_have_no_figures() -> None:
    assert figures([]) == figures([{"task": "a", "greedy": 1, "n": 2, "c": 1}]) == {}
    assert named(["positive", "yes", "neither", "c"]) == ("precision", "recall", "f1", "neither")


def test_an_interval_of_a_rate_holds_it_and_is_one_point_where_nothing_varies() -> None:
    random = np.random.default_rng(0)
    positive = (random.random((1, 200)) < 0.3).astype(float).repeat(3, axis=0)
    yes = np.where(random.random((3, 200)) < 0.8, positive, 1 - positive)
    tables = outcomes(positive, yes)
    for name, rate in RATES.items():
        found = combined(tables, rate)
        assert found is not None, name
        assert found.low < found.estimate < found.high
        assert found.estimate == SKLEARN[name](positive.ravel(), yes.ravel())
    alike = combined(outcomes(np.ones((2, 4)), np.ones((2, 4))), RATES["f1"])
    assert alike is not None
    assert (alike.estimate, alike.low, alike.high) == (1, 1, 1)
    assert combined([np.zeros((0, 0))] * 3, RATES["f1"]) is None
    with pytest.raises(ValueError, match="have the shapes"):
        combined([np.zeros((1, 2)), np.zeros((1, 3))], lambda a, b: a)


def test_a_rate_that_is_a_mean_has_the_interval_of_one() -> None:
    """Recall, where all are positive, is the mean of yes: by the same draws."""
    yes = (np.random.default_rng(1).random((3, 50)) < 0.6).astype(float)
    assert combined(outcomes(np.ones_like(yes), yes), RATES["recall"]) == bootstrap(yes)
