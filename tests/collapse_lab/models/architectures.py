"""Tiny untrained models of the architectures that studies use."""

from __future__ import annotations

from collections.abc import Callable

import torch
from transformers import (
    AutoModelForCausalLM,
    GPTBigCodeConfig,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen2Config,
    Starcoder2Config,
)

from collapse_lab.models.causal import CausalModel
from tests.collapse_lab.models.standin import tokenizer

_SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    # Far from the default of 0.02, with which every next token would be nearly as likely as any other.
    "initializer_range": 0.3,
}

CONFIGS: dict[str, Callable[[int], PreTrainedConfig]] = {
    "llama": lambda words: LlamaConfig(vocab_size=words, tie_word_embeddings=True, **_SIZES),
    "llama with biases": lambda words: LlamaConfig(vocab_size=words, attention_bias=True, **_SIZES),
    "qwen2": lambda words: Qwen2Config(vocab_size=words, **_SIZES),
    "starcoder2": lambda words: Starcoder2Config(vocab_size=words, sliding_window=128, **_SIZES),
    "gpt_bigcode": lambda words: GPTBigCodeConfig(
        vocab_size=words, n_positions=256, n_embd=32, n_layer=2, n_head=4, multi_query=True, initializer_range=0.3
    ),
}


def network(name: str, seed: int = 0, *, dropout: bool = True) -> PreTrainedModel:
    torch.manual_seed(seed)
    config = CONFIGS[name](len(tokenizer()))
    if not dropout:
        vars(config).update({key: 0.0 for key in vars(config) if key.endswith(("dropout", "pdrop"))})
    config.pad_token_id, config.bos_token_id, config.eos_token_id = 0, 1, 2
    made: PreTrainedModel = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")
    return made.eval()


def model(name: str, seed: int = 0) -> CausalModel:
    return CausalModel(network(name, seed), tokenizer(), rows=8)
