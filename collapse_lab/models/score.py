"""What a model thinks of texts: likelihood, entropy, and which of two words it would write next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from collapse_lab.models.machine import context
from collapse_lab.models.model import Score
from collapse_lab.models.precision import reading
from collapse_lab.models.shapes import batches, grid

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.text import Encoded

# Tokens in a batch, padding counted: small enough for the caches of a CPU, and for a real vocabulary's logits.
_TOKENS = 1024


def score(network: PreTrainedModel, documents: Sequence[Encoded], pad: int) -> list[Score]:
    """Score each completion with its stop, in fp32; sums over a row's tokens in float64."""
    made: dict[int, Score] = {}
    for places, logits, tokens in _logits(network, [d.ids for d in documents], pad):
        logs = torch.log_softmax(logits[:, :-1], -1)
        losses = -logs.gather(-1, tokens[:, 1:, None]).squeeze(-1).double()
        entropies = torch.special.entr(logs.exp()).sum(-1).double()
        for row, place in enumerate(places):
            document = documents[place]
            # The logits at one token are about the next.
            own = slice(document.prompt - 1, len(document.ids) - 1)
            made[place] = Score(
                nll=float(losses[row, own].sum()), tokens=document.written, entropy=float(entropies[row, own].mean())
            )
    return [made[place] for place in range(len(documents))]


def preference(network: PreTrainedModel, texts: Sequence[tuple[int, ...]], yes: int, no: int, pad: int) -> list[float]:
    """Return logit(yes) - logit(no) for the token after each text."""
    made: dict[int, float] = {}
    for places, logits, _ in _logits(network, texts, pad):
        for row, place in enumerate(places):
            last = logits[row, len(texts[place]) - 1].double()
            made[place] = float(last[yes] - last[no])
    return [made[place] for place in range(len(texts))]


def _logits(
    network: PreTrainedModel, texts: Sequence[Sequence[int]], pad: int
) -> Iterator[tuple[list[int], torch.Tensor, torch.Tensor]]:
    """Yield (places, logits (rows, columns, words), tokens (rows, columns)) in batches of fixed shapes.

    Padding stands on the right, where causal attention never looks back on it: no mask is needed.
    """
    with torch.inference_mode(), reading(network):
        for rows, columns, places in batches([len(ids) for ids in texts], _TOKENS, context(network)):
            tokens = grid([texts[place] for place in places], rows, columns, pad, network.device)
            yield places, network(input_ids=tokens, use_cache=False).logits.float(), tokens
