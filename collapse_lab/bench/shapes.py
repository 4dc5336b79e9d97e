"""The published sizes of the models that are measured, and tiny ones of the same architectures. Data alone.

Source: config.json of HuggingFaceTB/SmolLM2-135M and Qwen/Qwen2.5-Coder-1.5B on the Hub. Angles of positions are left
at transformers' defaults, which cost the same.
"""

from __future__ import annotations

from typing import Any

from collapse_lab.bench.plan import Kind

_TINY = {
    "vocab_size": 320,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}

ARCHITECTURES = {"smollm2": "llama", "qwen2.5-coder-1.5b": "qwen2"}
SHAPES: dict[Kind, dict[str, dict[str, Any]]] = {
    "gpu": {
        "smollm2": {
            "vocab_size": 49_152,
            "hidden_size": 576,
            "intermediate_size": 1536,
            "num_hidden_layers": 30,
            "num_attention_heads": 9,
            "num_key_value_heads": 3,
            "max_position_embeddings": 8192,
        },
        "qwen2.5-coder-1.5b": {
            "vocab_size": 151_936,
            "hidden_size": 1536,
            "intermediate_size": 8960,
            "num_hidden_layers": 28,
            "num_attention_heads": 12,
            "num_key_value_heads": 2,
            "max_position_embeddings": 32_768,
        },
    },
    "cpu": dict.fromkeys(ARCHITECTURES, _TINY),
}
# Whose own weights are taken where they are installed: with them, engines can be seen to write the same.
OWN_WEIGHTS = ("smollm2",)
