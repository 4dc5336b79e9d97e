"""The pocket model: a Llama of about 0.9 M weights, drawn from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from collapse_lab.models.causal import CausalModel
from collapse_lab.sample import seed_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from collapse_lab.study import PocketModel

# A pocket task with its answer and a question about it takes a tenth of this.
_CONTEXT = 1024


def config(settings: PocketModel, tokenizer: PreTrainedTokenizerBase) -> LlamaConfig:
    """Return the model's shape.

    The embedding is tied to the output: the rare words of the tail, which decide this study, then learn from both
    sides; it saves a tenth of the weights, too. All heads share one set of keys and values, as in SantaCoder: decoding
    waits for memory, and this is a quarter of it. The inner width is three times the outer.
    Weights begin at one over the root of the width: from the usual 0.02, made for wide models, a pocket model spends a
    third of its training to come to where it is useful.
    """
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.width,
        intermediate_size=3 * settings.width,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=1,
        max_position_embeddings=_CONTEXT,
        initializer_range=settings.width**-0.5,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )


def fresh(settings: PocketModel, tokenizer: PreTrainedTokenizerBase, seed: int) -> CausalModel:
    """Return an untrained model: the same weights for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("weights", seed))
        return CausalModel(LlamaForCausalLM(config(settings, tokenizer)), tokenizer)
