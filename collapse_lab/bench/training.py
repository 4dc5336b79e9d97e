"""Tokens a second of training, and the share of a device's operations that they use (model FLOPs utilisation)."""

from __future__ import annotations

import time
from contextlib import suppress
from itertools import islice, pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import torch

from collapse_lab.bench.plan import Rows, Scale
from collapse_lab.bench.workload import documents
from collapse_lab.models.feed import Feed
from collapse_lab.models.flops import flops_a_token
from collapse_lab.models.machine import context
from collapse_lab.models.model import Training
from collapse_lab.models.train import train

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedModel

    from collapse_lab.models.text import Encoded

# The first steps compile, and ask for memory that later ones have.
_FIRST = 3


class _EnoughError(Exception):
    """There are enough steps, or no more time for one."""


def measure(network: PreTrainedModel, rows: Rows, scale: Scale, peak: float | None) -> dict[str, Any]:
    """Return what was measured of the lab's own training of *network*, all its weights, in bf16.

    ``tokens_a_second`` has an entry a step, of tokens that are in the rows, padding left out. ``used`` is the median of
    their operations (``models/flops.py``: for documents that see only themselves the context is the mean over tokens
    of their document's length) over *peak*, a device's operations a second.
    """
    training = Training(
        steps=scale.steps,
        batch=scale.batch,
        packing=scale.packing,
        joined=rows.joined,
        completion_only=False,
        precision="bf16",
        learning_rate=1e-5,
        compile=rows.compiled,
    )
    texts = documents(scale.steps * scale.batch * scale.packing, scale.packing // 2, network.config.vocab_size)
    tokens = _tokens(texts, training, context(network))
    seconds = _seconds(network, texts, training, scale.most_seconds)
    speeds = [count / spent for count, spent in zip(tokens, seconds, strict=False)][_FIRST:]
    looked_at = scale.packing if rows.joined else sum(len(t.ids) ** 2 for t in texts) / sum(len(t.ids) for t in texts)
    operations = flops_a_token(network.config, round(looked_at), learning=True)
    device = network.device
    return {
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "batch_tokens": scale.batch * scale.packing,
        "row": scale.packing,
        "context": round(looked_at),
        "first_steps_seconds": seconds[:_FIRST],
        "tokens_a_second": speeds,
        "flops_a_token": operations,
        "used": median(speeds) * operations / peak if peak else None,
        "memory_bytes": torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None,
    }


def _tokens(texts: Sequence[Encoded], training: Training, limit: int) -> list[int]:
    """Return the tokens of each step."""
    feed = Feed(texts, (), training, 0, limit)
    return [sum(len(row.ids) for row in batch) for batch, _, _ in islice(feed.batches(0), feed.steps)]


def _seconds(network: PreTrainedModel, texts: Sequence[Encoded], training: Training, most: float) -> list[float]:
    """Return the seconds of each step, in as many as *most* seconds allow but for the first ones and one behind.

    A step's loss is a number when it is told of: the device is through with all of it but the weights' own change.
    """
    began = time.perf_counter()
    at = [began]

    def told(step: int, steps: int) -> None:
        at.append(time.perf_counter())
        if step > _FIRST and at[-1] - began > most:
            raise _EnoughError

    with suppress(_EnoughError):
        train(network, texts, training, 0, 0, told=told)
    return [after - before for before, after in pairwise(at)]
