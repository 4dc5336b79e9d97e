from __future__ import annotations

import zlib
from collections import Counter
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.metrics.diversity import (
    compression_ratio,
    distinct_n,
    duplicate_share,
    effective_number,
    per_prompt,
    self_bleu,
    vendi,
)

texts = st.lists(st.lists(st.sampled_from("abcd"), max_size=7).map(" ".join), min_size=2, max_size=7)


def runs(text: str, n: int) -> Counter[tuple[str, ...]]:
    row = text.split()
    return Counter(tuple(row[i : i + n]) for i in range(len(row) - n + 1))


def bleu(text: str, others: list[str]) -> float:
    """BLEU by its definition, with every reference looked at for every run."""
    length = len(text.split())
    nearest = min((len(o.split()) for o in others), key=lambda other: (abs(other - length), other))
    if length == 0:
        return float(nearest == 0)
    logs = []
    for n in range(1, min(4, length) + 1):
        own = runs(text, n)
        hits = sum(min(count, max(runs(other, n)[run] for other in others)) for run, count in own.items())
        logs.append(log((hits or 0.1) / own.total()))
    return min(1.0, exp(1 - nearest / length)) * exp(sum(logs) / len(logs))


@given(texts)
def test_self_bleu_is_the_mean_of_each_against_the_others(chosen: list[str]) -> None:
    each = [bleu(text, chosen[:i] + chosen[i + 1 :]) for i, text in enumerate(chosen)]
    assert self_bleu(chosen) == pytest.approx(sum(each) / len(each))


def test_self_bleu_is_one_for_twins_and_draws_by_its_seed() -> None:
    assert self_bleu(["return x + 1", "return x + 1"]) == pytest.approx(1)
    assert self_bleu(["", ""]) == 1.0
    assert self_bleu(["a"]) is None
    many = [f"{i % 7} {i % 11} {i % 13} {i % 3} {i % 5}" for i in range(60)]
    assert (
        self_bleu(many, sample=20, seed=1) == self_bleu(many, sample=20, seed=1) != self_bleu(many, sample=20, seed=2)
    )


@given(texts, st.integers(1, 3))
def test_distinct_is_a_share_of_all_runs(chosen: list[str], n: int) -> None:
    every = [run for text in chosen for run in runs(text, n).elements()]
    assert distinct_n(chosen, n) == (len(set(every)) / len(every) if every else None)


def test_repetition_compresses() -> None:
    alike, different = ["return a + b"] * 50, [f"{zlib.crc32(bytes([i])):x}" for i in range(50)]
    assert compression_ratio(alike) > 10 > 2 > compression_ratio(different)
    assert compression_ratio([]) is None
    assert compression_ratio(["\ud800"]) is not None


def test_copies_count_from_the_second_on() -> None:
    assert duplicate_share(list("aabca")) == pytest.approx(2 / 5)
    assert duplicate_share(list("abc")) == 0
    assert duplicate_share([]) is None


def test_per_prompt_is_a_mean_over_prompts() -> None:
    assert per_prompt([["a", "a", "b", "c"], ["a", "a", "a", "a"], []]) == pytest.approx((0.75 + 0.25) / 2)
    assert per_prompt([]) is None


def test_vendi_counts_what_is_different() -> None:
    assert vendi(["a b c"] * 5) == pytest.approx(1)
    assert vendi(["a b", "c d", "e f", "g"]) == pytest.approx(4)
    assert vendi(["a b", "a b", "c d", "c d"]) == pytest.approx(2)
    assert vendi(["", "", "a"]) == pytest.approx(exp(-(2 / 3) * log(2 / 3) - log(1 / 3) / 3))
    assert vendi([]) is None


@given(texts)
def test_vendi_is_the_entropy_of_the_kernels_eigenvalues(chosen: list[str]) -> None:
    def cosine(a: str, b: str, n: int) -> float:
        x, y = (runs(text, n) or Counter([tuple(text.split())]) for text in (a, b))
        return sum(x[g] * y[g] for g in x) / np.sqrt(sum(v * v for v in x.values()) * sum(v * v for v in y.values()))

    kernel = np.array([[sum(cosine(a, b, n) for n in (1, 2, 3, 4)) / 4 for b in chosen] for a in chosen])
    values = np.linalg.svd(kernel / len(chosen), compute_uv=False)
    expected = exp(-sum(v * log(v) for v in values if v > 1e-12))
    assert vendi(chosen) == pytest.approx(expected, rel=1e-6)


def test_the_effective_number_of_half_alike_pairs() -> None:
    # Eigenvalues 1.5 / 2 and 0.5 / 2.
    assert effective_number(np.array([[1, 0.5], [0.5, 1]])) == pytest.approx(exp(-0.75 * log(0.75) - 0.25 * log(0.25)))
