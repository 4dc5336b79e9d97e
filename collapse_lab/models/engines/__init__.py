"""Engines: what writes answers token by token. All have one interface, so that the fastest can be chosen by measuring.

``own`` is the lab's (``decode.py``), and the default: the only one with which an answer hangs on its own prompt and
seed alone. ``continuous`` is transformers' continuous batching (``continuous.py`` says what it costs), ``vllm`` is
vLLM, where that is installed (``vllm.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from collapse_lab.models.decode import decode
from collapse_lab.models.ending import Ending
from collapse_lab.models.engines import continuous, vllm

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.manner import Engine
    from collapse_lab.models.model import Sampling

    Write = Callable[
        [PreTrainedModel, Sequence[tuple[int, ...]], Sequence[int], Sampling, Sequence[Ending], int], list[list[int]]
    ]
    """From network, prompts, seeds, sampling, endings and rows at a time, each prompt's new tokens up to the first
    with which its ending says that it is whole."""


def engine(name: Engine) -> Write:
    """Return an engine by its name. Raises ``ModuleNotFoundError`` where what it needs is not installed."""
    writers: dict[Engine, Write] = {"own": decode, "continuous": continuous.write, "vllm": vllm.write}
    if name == "vllm":
        vllm.see_that_it_is_there()
    return writers[name]
