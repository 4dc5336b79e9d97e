from __future__ import annotations

import pytest

from collapse_lab.bench.limits import bytes_read, fastest
from collapse_lab.models.flops import Shape

SHAPE = Shape(layers=2, width=8, heads=4, shared=1, head=2, inner=16, gated=True, words=10)


def test_the_bytes_are_those_that_a_naive_engine_would_count() -> None:
    prompts, answers, width = [3, 5, 1], [4, 2, 7], 2
    place = 2 * SHAPE.layers * SHAPE.shared * SHAPE.head
    counted = 0
    for step in range(max(answers)):
        counted += SHAPE.multiplied * width
        for prompt, answer in zip(prompts, answers, strict=True):
            if step < answer:
                counted += (prompt + step) * place * width
    assert bytes_read(SHAPE, prompts, answers, width) == counted


def test_matrices_count_once_a_pass_however_many_texts_share_it() -> None:
    one, many = (fastest(SHAPE, [0] * n, [1] * n, 2, 1e6) for n in (1, 64))
    assert many == pytest.approx(64 * one)


def test_twice_the_bandwidth_is_twice_as_fast() -> None:
    assert fastest(SHAPE, [4], [9], 2, 2e6) == pytest.approx(2 * fastest(SHAPE, [4], [9], 2, 1e6))
