"""A network as data, to be given to another process: its class, its configuration and its tensors.

Pickled whole it cannot be: a network that was asked for hidden states keeps functions that have no name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class Apart:
    """What a network is made of. A weight that is tied stands under each of its names."""

    kind: type[PreTrainedModel]
    config: Any
    weights: dict[str, nn.Parameter]
    buffers: dict[str, torch.Tensor]

    @classmethod
    def of(cls, network: PreTrainedModel) -> Apart:
        """Return the parts of a network; the tensors are its own."""
        weights = dict(network.named_parameters(remove_duplicate=False))
        return cls(type(network), network.config, weights, dict(network.named_buffers(remove_duplicate=False)))

    def together(self) -> PreTrainedModel:
        """Return a network of these very tensors; none is drawn or copied."""
        with torch.device("meta"):
            network = self.kind(self.config)
        for name, weight in self.weights.items():
            module, own = _place(network, name)
            module._parameters[own] = weight
        for name, buffer in self.buffers.items():
            module, own = _place(network, name)
            module._buffers[own] = buffer
        return network.eval()  # type: ignore[no-any-return,no-untyped-call]


def _place(network: nn.Module, name: str) -> tuple[nn.Module, str]:
    """Return the module that a tensor belongs to, and what it is called there."""
    path, _, own = name.rpartition(".")
    return network.get_submodule(path), own
