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
        # The logits at one token are about the next.
        owns = [slice(documents[place].prompt - 1, len(documents[place].ids) - 1) for place in places]
        logs = torch.log_softmax(torch.cat([logits[row, own] for row, own in enumerate(owns)]), -1)
        nexts = torch.cat([tokens[row, own.start + 1 : own.stop + 1] for row, own in enumerate(owns)])
        losses = -logs.gather(-1, nexts[:, None]).squeeze(-1).double()
        entropies = torch.special.entr(logs.exp()).sum(-1).double()
        lengths = [own.stop - own.start for own in owns]
        parts = (torch.split(values, lengths) for values in (losses, entropies))
        for place, loss, entropy in zip(places, *parts, strict=True):
            written = documents[place].written
            made[place] = Score(nll=float(loss.sum()), tokens=written, entropy=float(entropy.mean()))
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
