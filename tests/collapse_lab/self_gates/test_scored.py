from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.self_gates.context import Calibrated, LabContext, Teaches
from collapse_lab.self_gates.scored import at_quantile
from gates import registry
from gates.gate import CouldNotJudgeError, Kind
from tests.collapse_lab.self_gates.standin import Author, Batch

FOUR = ["    return 1\n", "    return 22\n", "    return 333\n", "    return 4444\n"]


def gate(name: str) -> Any:
    return registry.get(name)


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=50), st.floats(0.01, 1))
def test_a_quantile_keeps_its_share_and_what_equals_the_last_kept(scores: list[float], keep: float) -> None:
    threshold = at_quantile(scores, keep)
    wanted = max(1, round(keep * len(scores)))
    assert sum(score > threshold for score in scores) < wanted <= sum(score >= threshold for score in scores)


def test_a_score_that_is_no_number_is_kept_by_no_quantile() -> None:
    assert at_quantile([math.nan, 1.0, 2.0, math.nan], 1.0) == 1.0
    with pytest.raises(CouldNotJudgeError, match="diverged"):
        at_quantile([math.nan], 0.5)


@pytest.mark.parametrize(
    ("direction", "outcomes"),
    [("low", ["accept", "accept", "reject", "reject"]), ("high", ["reject", "reject", "accept", "accept"])],
)
def test_perplexity_keeps_the_likely_or_the_unlikely_half(lab: LabContext, direction: str, outcomes: list[str]) -> None:
    assert Batch(lab, FOUR).outcomes(gate("perplexity"), {"direction": direction}) == outcomes


def test_a_threshold_of_round_0_judges_later_rounds(lab: LabContext) -> None:
    first, later = Batch(lab, FOUR), Batch(lab, [FOUR[3], FOUR[3]])
    perplexity = gate("perplexity")
    settings = perplexity.settings_type(threshold="frozen", direction="low")
    fitted = {"perplexity": perplexity.calibrate(first.changes, settings, first.context)}
    assert first.outcomes(perplexity, settings.model_dump(), calibration=fitted).count("accept") == 2
    assert later.outcomes(perplexity, settings.model_dump(), calibration=fitted) == ["reject", "reject"]
    # A quantile of the batch itself lets half of anything through.
    assert "accept" in later.outcomes(perplexity, {"direction": "low"})
    with pytest.raises(CouldNotJudgeError, match="round 0"):
        later.outcomes(perplexity, settings.model_dump())


def test_a_model_that_says_no_number_is_an_error_and_no_acceptance(lab: LabContext) -> None:
    author = Author(nll=lambda text: math.nan if "22" in text else 1.0)
    assert Batch(lab, FOUR[:2]).outcomes(gate("perplexity"), {"keep": 1.0}, author=author) == ["accept", "error"]


@pytest.mark.parametrize(
    ("name", "who", "kind"),
    [
        ("self-score", "author", Kind.ENDOGENOUS),
        ("self-score-trained", "author", Kind.ENDOGENOUS),
        ("frozen-judge", "frozen", Kind.ANCHORED),
        ("foreign-judge", "foreign", Kind.ANCHORED),
    ],
)
def test_a_judge_is_asked_about_the_whole_file(lab: LabContext, name: str, who: str, kind: Kind) -> None:
    heard: list[str] = []

    def likes(text: str) -> float:
        heard.append(text)
        return 1.0 if text.endswith("333") else -1.0

    batch = Batch(replace(lab, author=None), FOUR)
    settings = {"threshold": "zero"}
    assert batch.outcomes(gate(name), settings, **{who: Author(likes)}) == ["reject", "reject", "accept", "reject"]
    assert heard == [t.program(s.completion).rstrip() for t, s in zip(batch.tasks, batch.samples, strict=True)]
    assert gate(name).kind is kind
    with pytest.raises(CouldNotJudgeError, match=name):
        batch.outcomes(gate(name), settings)


def test_no_judge_depends_on_a_model_that_it_does_not_ask(lab: LabContext) -> None:
    batch = Batch(lab, FOUR)
    for name, who in (("frozen-judge", "frozen"), ("foreign-judge", "foreign")):
        answers = [
            batch.outcomes(gate(name), {"threshold": "zero"}, **{"author": author, who: Author()})
            for author in (Author(likes=lambda _: -1.0), Author(likes=lambda _: 1.0))
        ]
        assert answers[0] == answers[1]


def test_only_the_trained_gate_teaches_and_it_teaches_what_was_said(lab: LabContext) -> None:
    batch = Batch(lab, FOUR[:2])
    assert not isinstance(gate("self-score"), Teaches)
    teacher = gate("self-score-trained")
    assert isinstance(teacher, Teaches)
    lessons = teacher.lessons(batch.tasks, batch.samples, [True, False])
    assert [(q.endswith("return 1\n# quality:"), a) for q, a in lessons] == [(True, " good"), (False, " bad")]


def test_which_gates_have_a_threshold() -> None:
    names = [n for n in registry.names() if isinstance(registry.get(n), Calibrated)]
    assert names == [
        "foreign-judge",
        "frozen-judge",
        "pairwise-self-judge",
        "perplexity",
        "self-consistency",
        "self-score",
        "self-score-trained",
    ]


def test_higher_scores_are_accepted_first(lab: LabContext) -> None:
    batch = Batch(lab, FOUR)
    for direction in ("low", "high"):
        settings = gate("perplexity").settings_type(direction=direction, keep=0.25)
        verdicts = gate("perplexity").judge(batch.changes, settings, batch.context)
        accepted = [v.score for v in verdicts if v.outcome.value == "accept"]
        assert accepted == [max(v.score for v in verdicts)]
