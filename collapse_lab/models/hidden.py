"""Hidden states of texts: what the spectrum of a model's representation is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from collapse_lab.models.machine import context
from collapse_lab.models.precision import reading
from collapse_lab.models.shapes import batches, grid

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel

_TOKENS = 1024


def hidden(network: PreTrainedModel, texts: Sequence[tuple[int, ...]], layer: int, pad: int) -> NDArray[np.float32]:
    """Return each text's hidden state at its last token, shape (texts, width).

    Layers count as in transformers: 0 is the embedding, n the output of block n, the last one after the final norm.
    """
    config = network.config.get_text_config()
    depth = config.num_hidden_layers + 1
    if not -depth <= layer < depth:
        raise ValueError(f"The model has hidden states 0 to {depth - 1}; there is no layer {layer}.")
    states = np.zeros((len(texts), config.hidden_size), np.float32)
    with torch.inference_mode(), reading(network):
        for rows, columns, places in batches([len(ids) for ids in texts], _TOKENS, context(network)):
            tokens = grid([texts[place] for place in places], rows, columns, pad, network.device)
            found = network.base_model(input_ids=tokens, use_cache=False, output_hidden_states=True).hidden_states
            for row, place in enumerate(places):
                states[place] = found[layer][row, len(texts[place]) - 1].float().cpu().numpy()
    return states
