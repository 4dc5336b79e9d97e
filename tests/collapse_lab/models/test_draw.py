from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from collapse_lab.models.draw import draw, uniforms
from collapse_lab.models.model import Sampling

LOGITS = torch.log(torch.tensor([0.5, 0.25, 0.15, 0.1]))


def drawn(sampling: Sampling, count: int = 4000) -> np.ndarray:
    numbers = torch.from_numpy(uniforms(1, count))
    return np.bincount(draw(LOGITS.expand(count, -1), numbers, sampling).numpy(), minlength=4)


def test_a_seed_has_one_stream_and_others_have_others() -> None:
    assert uniforms(7, 3).tolist() == uniforms(7, 9)[:3].tolist()
    assert uniforms(7, 3).tolist() != uniforms(8, 3).tolist()
    assert uniforms(2**63 - 1, 1)[0] < 1


def test_draws_follow_the_distribution() -> None:
    counts = drawn(Sampling(temperature=1.0))
    assert chisquare(counts, np.array([0.5, 0.25, 0.15, 0.1]) * counts.sum()).pvalue > 0.001


def test_temperature_sharpens() -> None:
    shares = np.array([0.5, 0.25, 0.15, 0.1]) ** 2
    counts = drawn(Sampling(temperature=0.5))
    assert chisquare(counts, shares / shares.sum() * counts.sum()).pvalue > 0.001


@pytest.mark.parametrize(("top_p", "kept"), [(0.4, 1), (0.49, 1), (0.51, 2), (0.74, 2), (0.87, 3), (0.88, 4), (1.0, 4)])
def test_top_p_keeps_the_smallest_set_that_reaches_it(top_p: float, kept: int) -> None:
    logits = torch.log(torch.tensor([0.5, 0.25, 0.125, 0.125]))
    numbers = torch.from_numpy(uniforms(1, 500))
    found = set(draw(logits.expand(500, -1), numbers, Sampling(top_p=top_p)).tolist())
    assert found == set(range(kept))


def test_temperature_zero_takes_the_likeliest() -> None:
    assert draw(torch.tensor([[1.0, 3.0, 2.0]]), torch.tensor([0.9]), Sampling(temperature=0.0)).tolist() == [1]


def test_numbers_at_both_ends_find_words_that_can_be() -> None:
    logits = torch.tensor([[-torch.inf, 0.0, -torch.inf, 0.0, -torch.inf]] * 2)
    numbers = torch.tensor([0.0, np.nextafter(1, 0)], dtype=torch.float64)
    assert draw(logits, numbers, Sampling()).tolist() == [1, 3]
    assert draw(logits, torch.tensor([0.0, 1.0]), Sampling()).tolist() == [1, 3]
