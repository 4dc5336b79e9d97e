"""The decoding step of a small Llama with a third of the operations: for a small model they, not the numbers, cost.

Three rewritings that leave the mathematics as it is: queries, keys, values and the rotated half of queries and keys
come from one matrix; the norms' weights are multiplied into the matrices behind them; so is the attention's scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812
from transformers import LlamaForCausalLM

from collapse_lab.models.machine import Remembered, unseen
from collapse_lab.models.precision import multiplied

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Above this, arithmetic hides the operations' own cost, and the matrices should not be in memory twice.
_MOST_PARAMETERS = 20_000_000


def fits(network: PreTrainedModel) -> bool:
    """Whether the fast step is made for this model and pays for it."""
    config = network.config
    return (
        type(network) is LlamaForCausalLM
        and network.device.type == "cpu"
        and network.dtype == torch.float32
        and config.hidden_act == "silu"
        and not config.attention_bias
        and not config.mlp_bias
        and (config.rope_parameters or {}).get("rope_type", "default") == "default"
        and network.num_parameters() <= _MOST_PARAMETERS
    )


@dataclass(frozen=True)
class _Layer:
    """One layer's matrices (out, in), with its keys and values (rows, heads, columns, width)."""

    attend: torch.Tensor
    back: torch.Tensor
    widen: torch.Tensor
    narrow: torch.Tensor
    keys: torch.Tensor
    values: torch.Tensor


class LlamaMachine:
    """A ``Machine`` over a copy of a model's weights: made anew for each call, so never stale."""

    def __init__(self, network: PreTrainedModel, rows: int, columns: int) -> None:
        config = network.config
        whole: Any = network
        inner = whole.model
        self.rows, self.columns = rows, columns
        self._heads, self._shared = config.num_attention_heads, config.num_key_value_heads
        self._head = config.head_dim or config.hidden_size // config.num_attention_heads
        self._epsilon = config.rms_norm_eps
        self._words = inner.embed_tokens.weight
        self._out = _own(whole.lm_head.weight * inner.norm.weight)
        self._layers = [self._layer(layer) for layer in inner.layers]
        cosines, sines = inner.rotary_emb(self._words[:1], torch.arange(columns)[None])
        self._cosines, self._sines = cosines[0], sines[0]
        self._unseen = unseen(columns, torch.float32, network.device)
        self._each = torch.arange(rows)

    def place(self, row: int, remembered: Remembered, of: int, length: int) -> None:
        """Give *row* to another text."""
        for layer, (keys, values) in zip(self._layers, remembered, strict=True):
            layer.keys[row, :, :length] = keys[of, :, :length]
            layer.values[row, :, :length] = values[of, :, :length]

    def step(self, tokens: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """Feed one token a row."""
        cosines, sines = self._cosines[positions][:, None, :], self._sines[positions][:, None, :]
        mask = self._unseen[positions][:, None, None, :]
        hidden = self._words[tokens]
        for layer in self._layers:
            hidden = self._widened(layer, hidden, self._attend(layer, hidden, positions, cosines, sines, mask))
        return multiplied(self._normed(hidden), self._out)

    def read(self, tokens: torch.Tensor) -> Remembered:
        """Return the keys and values of texts padded on the right."""
        rows, columns = tokens.shape
        cosines, sines = self._cosines[:columns, None, :], self._sines[:columns, None, :]
        hidden = self._words[tokens.view(-1)]
        remembered: Remembered = []
        for layer in self._layers:
            made = self._turned(layer, hidden, (rows, columns), cosines, sines)
            turned, values = (part.transpose(1, 2) for part in made)
            remembered.append((turned[:, self._heads :], values))
            if len(remembered) == len(self._layers):
                # What the last layer makes of its keys and values is for the step that reads the last token.
                break
            keys, values = (t.repeat_interleave(self._heads // self._shared, 1) for t in remembered[-1])
            seen = F.scaled_dot_product_attention(turned[:, : self._heads], keys, values, is_causal=True, scale=1.0)
            hidden = self._widened(layer, hidden, seen.transpose(1, 2).reshape(rows * columns, -1))
        return remembered

    def _attend(
        self,
        layer: _Layer,
        hidden: torch.Tensor,
        positions: torch.Tensor,
        cosines: torch.Tensor,
        sines: torch.Tensor,
        mask: torch.Tensor,
    ) -> torch.Tensor:
        heads, shared, width = self._heads, self._shared, self._head
        turned, values = self._turned(layer, hidden, (self.rows,), cosines, sines)
        layer.keys[self._each, :, positions] = turned[:, heads:]
        layer.values[self._each, :, positions] = values
        # Queries that share their keys stand beside each other as if they were several positions.
        queries = turned[:, :heads].reshape(self.rows, shared, heads // shared, width)
        seen = F.scaled_dot_product_attention(queries, layer.keys, layer.values, attn_mask=mask, scale=1.0)
        return seen.reshape(self.rows, heads * width)

    def _turned(
        self, layer: _Layer, hidden: torch.Tensor, shape: tuple[int, ...], cosines: torch.Tensor, sines: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return queries with keys (*shape*, heads, width), rotated by their positions, and values likewise."""
        both = self._heads + self._shared
        parts = multiplied(self._normed(hidden), layer.attend).view(*shape, -1, self._head)
        turned = torch.addcmul(parts[..., :both, :] * cosines, parts[..., both : 2 * both, :], sines)
        return turned, parts[..., 2 * both :, :]

    def _widened(self, layer: _Layer, hidden: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        hidden = hidden + multiplied(seen, layer.back)
        gate, up = multiplied(self._normed(hidden), layer.widen).chunk(2, -1)
        return hidden + multiplied(F.silu(gate) * up, layer.narrow)

    def _normed(self, hidden: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(hidden, hidden.shape[-1:], None, self._epsilon)

    def _layer(self, layer: Any) -> _Layer:
        attention, mlp = layer.self_attn, layer.mlp
        turned = torch.cat([attention.q_proj.weight * self._head**-0.5, attention.k_proj.weight])
        attend = torch.cat([turned, self._rotated(turned), attention.v_proj.weight])
        widen = torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight])
        size = (self.rows, self._shared, self.columns, self._head)
        return _Layer(
            attend=_own(attend * layer.input_layernorm.weight),
            back=_own(attention.o_proj.weight),
            widen=_own(widen * layer.post_attention_layernorm.weight),
            narrow=_own(mlp.down_proj.weight),
            keys=torch.zeros(size),
            values=torch.zeros(size),
        )

    def _rotated(self, weight: torch.Tensor) -> torch.Tensor:
        """Return the matrix that gives ``rotate_half`` of what *weight* gives, head by head."""
        first, second = weight.view(-1, self._head, weight.shape[1]).chunk(2, 1)
        return torch.cat([-second, first], 1).reshape(weight.shape)


def _own(weight: torch.Tensor) -> torch.Tensor:
    return weight.detach().contiguous()
