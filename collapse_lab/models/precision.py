"""Arithmetic in bf16 over weights in fp32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@contextmanager
def arithmetic(network: PreTrainedModel, precision: str) -> Iterator[None]:
    """Let *network* compute in ``fp32`` or ``bf16`` while the context is open; the weights stay fp32 in both.

    On a CPU ``bf16`` concerns the linear layers alone: there it halves a step's time, while autocast, which casts
    what lies between them as well, loses most of that again. On other devices it is autocast.
    """
    if precision == "fp32":
        yield
    elif network.device.type == "cpu":
        with _coarse([m for m in network.modules() if isinstance(m, nn.Linear)]):
            yield
    else:
        with torch.autocast(network.device.type, torch.bfloat16):
            yield


@contextmanager
def _coarse(layers: list[nn.Linear]) -> Iterator[None]:
    for layer in layers:
        # An instance's own attribute goes before the class's method, and taking it away brings that back.
        layer.__dict__["forward"] = partial(_linear, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.__dict__["forward"]


def _linear(layer: nn.Linear, values: torch.Tensor) -> torch.Tensor:
    bias = None if layer.bias is None else layer.bias.bfloat16()
    return F.linear(values.bfloat16(), layer.weight.bfloat16(), bias).float()
