"""Floating-point operations that a model needs for a token, counted from its configuration. Knows no torch.

The count is the usual one, so that what is said to be used of a device can be compared: 2 operations for every weight
of a matrix that a token is multiplied with, and 4 for every place that it may look back on, in every layer, times the
width of all heads; learning takes three times as much (Kaplan et al., arXiv 2001.08361, section 2.1; Chowdhery et al.,
arXiv 2204.02311, appendix B). Looking a token up in the embedding is free, the product with the output's matrix is
not, tied or untied. Biases, norms, and what is computed twice to save memory are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Whether the inner layer of an architecture has a gate, and so three matrices instead of two.
_GATED = {"llama": True, "qwen2": True, "qwen3": True, "mistral": True, "starcoder2": False, "gpt_bigcode": False}
# Forward, and backward to the values and to the weights.
_LEARNING = 3


@dataclass(frozen=True)
class Shape:
    """A transformer's sizes: ``heads`` of ``head`` numbers each, ``shared`` sets of keys and values, ``words`` in the
    vocabulary."""

    layers: int
    width: int
    heads: int
    shared: int
    head: int
    inner: int
    gated: bool
    words: int

    @property
    def multiplied(self) -> int:
        """The weights of all matrices that a token is multiplied with."""
        attention = 2 * self.width * self.head * (self.heads + self.shared)
        inner = (3 if self.gated else 2) * self.width * self.inner
        return self.layers * (attention + inner) + self.words * self.width


def shape_of(config: Any) -> Shape:
    """Return the sizes in a configuration of transformers. Raises ``ValueError`` for an architecture not known here."""
    config = config.get_text_config()
    if config.model_type not in _GATED:
        raise ValueError(
            f"How many operations a model of type {config.model_type!r} needs is not known. Known are "
            f"{', '.join(sorted(_GATED))}."
        )
    heads, width = config.num_attention_heads, config.hidden_size
    bigcode = config.model_type == "gpt_bigcode"
    return Shape(
        layers=config.num_hidden_layers,
        width=width,
        heads=heads,
        shared=(1 if config.multi_query else heads) if bigcode else config.num_key_value_heads,
        head=getattr(config, "head_dim", None) or width // heads,
        inner=(config.n_inner or 4 * width) if bigcode else config.intermediate_size,
        gated=_GATED[config.model_type],
        words=config.vocab_size,
    )


def flops_a_token(config: Any, context: int, *, learning: bool) -> int:
    """Return the operations for one of *context* tokens that pass through a model together.

    Every token counts as looking at all of *context*, though it sees only those before it, which is half: both sources
    count so. For documents that share a row and see only themselves *context* is a document's length, not the row's.
    """
    shape = shape_of(config)
    once = 2 * shape.multiplied + 4 * shape.layers * shape.heads * shape.head * context
    return _LEARNING * once if learning else once
