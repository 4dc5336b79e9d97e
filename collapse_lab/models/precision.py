"""How linear layers multiply: in bf16 over weights in fp32 while a model learns, by the fastest fp32 product else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# oneDNN's product of dense fp32 tensors. Torch's own compiler emits the operator; it has no public name.
_ONEDNN = getattr(torch.ops.mkldnn, "_linear_pointwise", None)


def multiplied(values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """Return ``values @ weight.T + bias`` in fp32, on a CPU, without a gradient.

    oneDNN's product takes half the time of MKL's on processors that are not Intel's.
    """
    if _ONEDNN is not None:
        product: torch.Tensor = _ONEDNN(values, weight, bias, "none", [], "")
        return product
    return F.linear(values, weight, bias)


@contextmanager
def reading(network: PreTrainedModel) -> Iterator[None]:
    """Let *network* multiply by ``multiplied`` while the context is open, where it can: to be asked, not to learn."""
    if network.device.type != "cpu" or network.dtype != torch.float32:
        yield
        return
    with _instead([m for m in network.modules() if type(m) is nn.Linear], _quick):
        yield


@contextmanager
def arithmetic(network: PreTrainedModel, precision: str) -> Iterator[None]:
    """Let *network* compute in ``fp32`` or ``bf16`` while the context is open; the weights stay fp32 in both.

    On a CPU ``bf16`` concerns the linear layers alone: there it halves a step's time, while autocast, which casts
    what lies between them as well, loses most of that again. On other devices it is autocast.
    """
    if precision == "fp32":
        yield
    elif network.device.type == "cpu":
        with _instead([m for m in network.modules() if isinstance(m, nn.Linear)], _coarse):
            yield
    else:
        with torch.autocast(network.device.type, torch.bfloat16):
            yield


@contextmanager
def _instead(layers: list[nn.Linear], product: Callable[[nn.Linear, torch.Tensor], torch.Tensor]) -> Iterator[None]:
    for layer in layers:
        # An instance's own attribute goes before the class's method, and taking it away brings that back.
        layer.__dict__["forward"] = partial(product, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.__dict__["forward"]


def _quick(layer: nn.Linear, values: torch.Tensor) -> torch.Tensor:
    return multiplied(values, layer.weight, layer.bias)


def _coarse(layer: nn.Linear, values: torch.Tensor) -> torch.Tensor:
    bias = None if layer.bias is None else layer.bias.bfloat16()
    return F.linear(values.bfloat16(), layer.weight.bfloat16(), bias).float()
