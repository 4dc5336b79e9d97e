"""One decoding step for every row at once, each row at a place of its own in a key-value cache of fixed size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import torch
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Remembered = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values of each layer, (rows, heads, columns, head width)."""


class Machine(Protocol):
    """Rows of a batch, each with its own cache of ``columns`` places. What stands behind a row's position is not seen,
    so a row can be given to another text at any time."""

    rows: int
    columns: int

    def read(self, tokens: torch.Tensor) -> Remembered:
        """Return the keys and values of texts padded on the right, (rows, columns); those of padding mean nothing."""

    def place(self, row: int, remembered: Remembered, of: int, length: int) -> None:
        """Give *row* to another text: its first *length* keys and values are those of row *of*."""

    def step(self, tokens: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """Feed each row's token (rows,) at its position (rows,), and return the next token's logits (rows, words)."""


def context(network: PreTrainedModel) -> int:
    """Return how many tokens a model may see; where attention slides, no more than its window."""
    config = network.config.get_text_config()
    most = int(config.max_position_embeddings)
    window = getattr(config, "sliding_window", None)
    slides = "sliding_attention" in (getattr(config, "layer_types", None) or ["sliding_attention"])
    return min(most, int(window)) if window and slides else most


class CacheMachine:
    """Any causal model of transformers, through its own modules."""

    def __init__(self, network: PreTrainedModel, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self._network = network
        count = network.config.get_text_config().num_hidden_layers
        self._layers = [_RowLayer(columns) for _ in range(count)]
        self._cache = Cache(layers=list(self._layers))
        self._unseen = unseen(columns, network.dtype, network.device)

    def read(self, tokens: torch.Tensor) -> Remembered:
        """Return the keys and values of texts padded on the right."""
        cache = DynamicCache()
        self._network.base_model(input_ids=tokens, past_key_values=cache, use_cache=True)
        return [_kept(layer) for layer in cache.layers]

    def place(self, row: int, remembered: Remembered, of: int, length: int) -> None:
        """Give *row* to another text."""
        for layer, (keys, values) in zip(self._layers, remembered, strict=True):
            layer.place(self.rows, row, keys[of, :, :length], values[of, :, :length])

    def step(self, tokens: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """Feed one token a row."""
        for layer in self._layers:
            layer.positions = positions
        out = self._network(
            input_ids=tokens[:, None],
            attention_mask=self._unseen[positions][:, None, None, :],
            position_ids=positions[:, None],
            past_key_values=self._cache,
            use_cache=True,
        )
        logits: torch.Tensor = out.logits[:, -1].float()
        return logits


def unseen(columns: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Return the additive mask of each position, (columns, columns): minus infinity for the places behind it."""
    return torch.full((columns, columns), -torch.inf, dtype=dtype, device=device).triu(1)


class _RowLayer(CacheLayerMixin):
    """A layer's cache of fixed size into which each row writes at its own position."""

    def __init__(self, columns: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._columns = columns
        self.positions = torch.empty(0)
        self._rows = torch.empty(0)

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        self._reserve(key_states.shape[0], key_states, value_states)

    def place(self, rows: int, row: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        if not self.is_initialized:
            self._reserve(rows, keys[None], values[None])
        mine, theirs = _kept(self)
        mine[row, :, : keys.shape[1]] = keys
        theirs[row, :, : values.shape[1]] = values

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        keys, values = _kept(self)
        keys[self._rows, :, self.positions] = key_states[:, :, 0]
        values[self._rows, :, self.positions] = value_states[:, :, 0]
        return keys, values

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._columns, 0

    def get_seq_length(self) -> int:
        return 0

    def get_max_length(self) -> int:
        return self._columns

    def _reserve(self, rows: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        # Zeros, not empty memory: a place that is not seen yet is multiplied by 0, which not even a NaN may spoil.
        self.keys = keys.new_zeros(rows, keys.shape[1], self._columns, keys.shape[3])
        self.values = values.new_zeros(rows, values.shape[1], self._columns, values.shape[3])
        self._rows = torch.arange(rows, device=keys.device)
        self.is_initialized = True


def _kept(layer: Any) -> tuple[torch.Tensor, torch.Tensor]:
    assert layer.keys is not None
    assert layer.values is not None
    return layer.keys, layer.values
