"""The choice of one token from a row of logits by one number in [0, 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from collapse_lab.models.model import Sampling


def uniforms(seed: int, count: int) -> NDArray[np.float64]:
    """Return the first *count* numbers of a seed's own stream, shape (count,), in [0, 1).

    Philox counts, it has no state that rows could share; a longer stream begins with the shorter one.
    """
    return np.random.Generator(np.random.Philox(key=seed)).random(count)


def draw(logits: torch.Tensor, numbers: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Return a token for each row of *logits* (rows, words), shape (rows,).

    Temperature 0 takes the likeliest. Otherwise the cumulative distribution, in float64, is inverted at *numbers*
    (rows,). ``top_p`` keeps the smallest set of likeliest tokens whose probabilities sum to at least it.
    """
    if sampling.temperature == 0:
        return logits.argmax(-1)
    shares = torch.softmax(logits.double() / sampling.temperature, -1)
    if sampling.top_p < 1:
        shares = _nucleus(shares, sampling.top_p)
    heights = shares.cumsum(-1)
    total = heights[:, -1:]
    # A number close to 1 may be rounded up to the total, behind which no token lies.
    target = torch.minimum(numbers[:, None].double() * total, torch.nextafter(total, torch.zeros_like(total)))
    return torch.searchsorted(heights, target, right=True).squeeze(-1)


def _nucleus(shares: torch.Tensor, top_p: float) -> torch.Tensor:
    ranked, order = shares.sort(dim=-1, descending=True, stable=True)
    before = ranked.cumsum(-1) - ranked
    return torch.zeros_like(shares).scatter(-1, order, ranked.masked_fill(before >= top_p, 0.0))
