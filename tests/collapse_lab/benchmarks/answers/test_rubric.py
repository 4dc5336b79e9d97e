"""Answers in words: what counts as yes, no and neither, and what a summary's marks are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_lab.benchmarks.answers.rubric import Said, Summary, YesOrNo, first_paragraph, said
from collapse_lab.execution.outcome import Verdict


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (" yes\n", "yes"),
        ("Yes.", "yes"),
        ("\n\n**YES**, the buffer may overflow", "yes"),
        ("yes, no check is made", "yes"),
        ("_no_", "no"),
        (" No - there is no way that yes", "no"),
        ("no\n\nyes", "no"),
        ("yes or no", "neither"),
        ("Yes/No", "neither"),
        ("no, or yes", "neither"),
        ("not vulnerable", "neither"),
        ("yesterday", "neither"),
        ("yes1", "neither"),
        ("It is: yes", "neither"),
        ("ye", "neither"),
        ("", "neither"),
        ("\ud800", "neither"),
    ],
)
def test_the_first_word_decides(answer: str, found: Said) -> None:
    assert said(answer) == found


@settings(deadline=None)
@given(st.sampled_from(["yes", "no"]), st.text(alphabet=" \n\t.,:;*_!-", max_size=5), st.text(max_size=20))
def test_signs_before_a_word_and_anything_in_the_next_line_change_nothing(word: str, before: str, after: str) -> None:
    assert said(f"{before}{word}.\n{after}") == word
    assert said(f"{before}{word.upper()}\n") == word


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_one_of_three(text: str) -> None:
    assert said(text) in ("yes", "no", "neither")


@pytest.mark.parametrize(
    ("positive", "answer", "ending", "marks"),
    [
        (True, " yes\n", "passed", {"yes": 1.0, "neither": 0.0}),
        (True, " no\n", "wrong", {"yes": 0.0, "neither": 0.0}),
        (False, " yes\n", "wrong", {"yes": 1.0, "neither": 0.0}),
        (False, " no\n", "passed", {"yes": 0.0, "neither": 0.0}),
        (True, "maybe", "neither", {"yes": 0.0, "neither": 1.0}),
        (False, "", "neither", {"yes": 0.0, "neither": 1.0}),
    ],
)
def test_neither_is_wrong_and_counted(positive: bool, answer: str, ending: str, marks: dict[str, float]) -> None:
    found = YesOrNo(positive).mark(answer)
    assert (found.ending, found.marks) == (ending, marks)
    assert found.right is (ending == "passed")


def test_a_summary_is_neither_right_nor_wrong() -> None:
    rubric = Summary("Return the sum of all numbers.")
    same = rubric.mark(" Return the sum\n   of all numbers.\n\nAnd more that is not looked at.")
    assert same == Verdict("answered", marks={"bleu": pytest.approx(1), "rouge_l": pytest.approx(1)})
    assert same.right is None
    assert not same.passed
    assert rubric.mark("").marks == {"bleu": 0.0, "rouge_l": 0.0}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One.\n\nTwo.", "One."),
        ("  One\n    goes on.\n  \t\n  Two.", "One goes on."),
        ("\n\n One", "One"),
        ("", ""),
    ],
)
def test_the_first_paragraph(text: str, first: str) -> None:
    assert first_paragraph(text) == first
