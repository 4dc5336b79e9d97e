"""Where a model lives, and the weights that it writes with."""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING

import torch

from collapse_lab.models.several import VARIABLE as SEVERAL
from collapse_lab.models.several import several

if TYPE_CHECKING:
    from transformers import PreTrainedModel

VARIABLE = "COLLAPSE_LAB_DEVICE"


def home(*, pretrained: bool) -> str:
    """Return the device that models are opened on: what ``COLLAPSE_LAB_DEVICE`` names (``cpu``, ``cuda``, ``cuda:1``).

    Where it says nothing, a pretrained model goes to the first CUDA device, if there is one. A pocket model stays on
    the CPU, which is as fast for it, and where its shipped results were made. Raises ``ValueError`` for a device that
    is not there.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if not named:
        return "cuda" if pretrained and torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(named)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"{VARIABLE} is {named!r}. Write cpu, cuda, or cuda:1 for the second such device.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"{VARIABLE} is {named!r}, and torch sees {torch.cuda.device_count()} CUDA devices. Install a driver and a "
            "build of torch for it, or write cpu."
        )
    return named


def homes() -> tuple[str, ...]:
    """Return the devices that a pretrained model's training is spread over, or none for the one that the model is on.

    Raises ``ValueError`` for a device that is not there, and as ``several`` does.
    """
    names = several()
    count = torch.cuda.device_count()
    for name in names:
        if name != "cpu" and int(name.partition(":")[2]) >= count:
            raise ValueError(
                f"{SEVERAL} names {name}, and torch sees {count} CUDA devices. Name what is there, or nothing."
            )
    return names


class Writer:
    """A model's weights in the precision that it writes in: they are copied when they are first asked for."""

    def __init__(self, network: PreTrainedModel, precision: str) -> None:
        self._network, self._precision = network, precision
        self._copy: PreTrainedModel | None = None

    @property
    def network(self) -> PreTrainedModel:
        """The network to write with."""
        if self._precision == "fp32":
            return self._network
        if self._copy is None:
            self._copy = _halved(self._network)
        return self._copy

    def forget(self) -> None:
        """The weights are about to change."""
        self._copy = None


def _halved(network: PreTrainedModel) -> PreTrainedModel:
    """Return a copy with parameters in bf16. Buffers, such as the frequencies of positions, stay as exact as they are:
    ``network.to(torch.bfloat16)`` would round them, too."""
    made: dict[int, object] = {
        id(weight): torch.nn.Parameter(weight.detach().to(torch.bfloat16), requires_grad=False)
        for weight in network.parameters()
    }
    return copy.deepcopy(network, made)
