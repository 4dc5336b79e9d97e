"""BLEU-4 and ROUGE-L: by hand, and by what must hold of any texts."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import exp, isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_lab.benchmarks.answers.overlap import bleu_4, common, rouge_l, tokens

TEXTS = st.lists(st.sampled_from("abcd"), max_size=8)
FEW = st.lists(st.sampled_from("abc"), max_size=6)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Return the sum.", ["return", "the", "sum", "."]),
        ("foo_bar(x=3.5)", ["foo", "_", "bar", "(", "x", "=", "3", ".", "5", ")"]),
        ("__init__", ["_", "_", "init", "_", "_"]),
        ("naïve  Ünïcode\tnumber٣", ["naïve", "ünïcode", "number٣"]),
        ("don't", ["don", "'", "t"]),
        ("", []),
    ],
)
def test_tokens_are_codexglues(text: str, found: list[str]) -> None:
    assert tokens(text) == found


@pytest.mark.parametrize(
    ("answer", "reference", "score"),
    [
        # Precisions 4/6, (2+1)/(5+1), (1+1)/(4+1), (0+1)/(3+1); as long as the reference.
        ("returns the sum of two numbers", "return the sum of all numbers", (4 / 6 * 3 / 6 * 2 / 5 * 1 / 4) ** 0.25),
        # All there is of it is right; 3 tokens for 6.
        ("the cat sat", "the cat sat on the mat", exp(1 - 7 / 4)),
        # One word is right: 1/1, and (0+1)/(0+1) for what it has none of.
        ("sum", "the sum of all", exp(1 - 5 / 2)),
        # "the" counts as often as the reference has it: 2/4, (0+1)/(3+1), (0+1)/(2+1), (0+1)/(1+1).
        ("the the the the", "the dog and the cat", (2 / 4 * 1 / 4 * 1 / 3 * 1 / 2) ** 0.25 * exp(1 - 6 / 5)),
        ("nothing alike", "the sum of all", 0.0),
        ("", "the sum", 0.0),
        ("the sum", "", 0.0),
    ],
)
def test_bleu_is_what_was_counted_by_hand(answer: str, reference: str, score: float) -> None:
    assert bleu_4(tokens(answer), tokens(reference)) == pytest.approx(score, rel=1e-12)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_bleu_is_the_formula_of_its_counts(answer: list[str], reference: list[str]) -> None:
    """Counted anew, one occurrence after the other, with exact fractions up to the root."""
    product = Fraction(1)
    for length in range(1, 5):
        own = [tuple(answer[at : at + length]) for at in range(len(answer) - length + 1)]
        left = [tuple(reference[at : at + length]) for at in range(len(reference) - length + 1)]
        right = 0
        for run in own:
            if run in left:
                left.remove(run)
                right += 1
        more = 0 if length == 1 else 1
        product *= Fraction(right + more, len(own) + more) if own or more else 0
    brevity = exp(min(0.0, 1 - (len(reference) + 1) / (len(answer) + 1)))
    assert isclose(bleu_4(answer, reference), float(product) ** 0.25 * brevity, rel_tol=1e-9, abs_tol=1e-12)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_scores_are_shares_and_whole_for_the_same_text_only(answer: list[str], reference: list[str]) -> None:
    for score in (bleu_4(answer, reference), rouge_l(answer, reference)):
        assert 0 <= score <= 1 + 1e-12
    if answer:
        assert bleu_4(answer, answer) == pytest.approx(1)
        assert rouge_l(answer, answer) == pytest.approx(1)
    if answer != reference:
        assert rouge_l(answer, reference) < 1
    if not set(answer) & set(reference):
        assert bleu_4(answer, reference) == rouge_l(answer, reference) == 0


@settings(deadline=None)
@given(FEW, FEW)
def test_the_common_subsequence_is_the_longest(one: list[str], other: list[str]) -> None:
    def parts(of: list[str]) -> set[tuple[str, ...]]:
        return {chosen for size in range(len(of) + 1) for chosen in combinations(of, size)}

    assert common(one, other) == max(map(len, parts(one) & parts(other)))
    assert common(one, other) == common(other, one)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_rouge_is_the_mean_of_precision_and_recall(answer: list[str], reference: list[str]) -> None:
    found = common(answer, reference)
    score = rouge_l(answer, reference)
    assert score == rouge_l(reference, answer)
    if found:
        precision, recall = found / len(answer), found / len(reference)
        assert score == pytest.approx(2 * precision * recall / (precision + recall))
    else:
        assert score == 0
