"""A round's training: AdamW, warm-up and cosine, gradients clipped, resumable to the bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from collapse_lab.models import order
from collapse_lab.models.model import TrainingLog
from collapse_lab.models.precision import arithmetic
from collapse_lab.models.progress import Progress, StateFile, identity
from collapse_lab.sample import seed_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.model import Training
    from collapse_lab.models.text import Encoded

Told = Callable[[int, int], None]
"""Hears of each step: how many are done, and of how many."""
# Columns of a batch are padded to a multiple of this.
_COLUMNS = 8
# Padded tokens that pass through the model at once; larger batches are cut into parts whose gradients are summed.
_TOKENS = 16_384


def train(
    network: PreTrainedModel,
    documents: Sequence[Encoded],
    training: Training,
    seed: int,
    pad: int,
    *,
    beside: Sequence[Encoded] = (),
    state: Path | None = None,
    told: Told | None = None,
) -> TrainingLog:
    """Train *network* in place.

    Where *beside* has documents, every second batch is drawn from them. The loss told of a batch is the mean over its
    tokens (without the prompts' where ``completion_only`` says so). Its gradient is that of the sum, divided by the
    tokens of an average batch: batches are of documents of like length, and divided by their own tokens a short
    document's would weigh more than a long one's. Raises ``ValueError`` for settings that say nothing or contradict
    each other.
    """
    steps = count_steps(training, len(documents) + len(beside))
    if steps and not documents:
        raise ValueError(f"There is no document to train {steps} steps on. Train 0 steps, or give documents.")
    groups = (documents, beside)
    plan = _plan(groups, training.batch, steps, seed)
    usual = [training.batch * sum(_counted(d, training) for d in group) / max(1, len(group)) for group in groups]
    optimizer = _optimizer(network, training)
    file = StateFile(state, identity(network, _parts(documents, beside, training, seed)) if state else "")
    progress = file.load(network, optimizer)
    began = time.monotonic() - progress.seconds
    network.train()
    try:
        # Dropout, where a model has any, draws from a stream of the step's own.
        with torch.random.fork_rng(devices=[network.device] if network.device.type == "cuda" else []):
            for step in range(len(progress.losses), steps):
                torch.manual_seed(seed_of("step", seed, step))
                kind, places = plan[step]
                batch = [groups[kind][place] for place in places]
                learning_rate = rate(training, step, steps)
                loss, tokens = _step(network, optimizer, batch, training, learning_rate, usual[kind], pad)
                progress.losses.append(loss)
                progress.tokens += tokens
                if (step + 1) % training.checkpoint_every == 0 and step + 1 < steps:
                    progress.seconds = time.monotonic() - began
                    file.save(network, optimizer, progress)
                if told:
                    told(step + 1, steps)
    finally:
        network.eval()  # type: ignore[no-untyped-call]
    return _log(progress, time.monotonic() - began)


def count_steps(training: Training, documents: int) -> int:
    """Return how many steps a training takes over so many documents."""
    if (training.steps is None) == (training.epochs is None):
        raise ValueError("A training has either `steps` or `epochs`.")
    if training.steps is not None:
        return training.steps
    assert training.epochs is not None
    return math.ceil(training.epochs * documents / training.batch)


def rate(training: Training, step: int, steps: int) -> float:
    """Return the learning rate of a step (from 0): linear up to the peak, then half a cosine towards 0."""
    if step < training.warmup:
        return training.learning_rate * (step + 1) / training.warmup
    done = (step - training.warmup) / max(1, steps - training.warmup)
    return training.learning_rate * (1 + math.cos(math.pi * done)) / 2


def _plan(
    groups: tuple[Sequence[Encoded], Sequence[Encoded]], batch: int, steps: int, seed: int
) -> list[tuple[int, list[int]]]:
    """Return each step's group and the documents of it, by index."""
    kinds = [step % 2 if groups[1] else 0 for step in range(steps)]
    drawn = [
        iter(order.batches([len(d.ids) for d in group], batch, kinds.count(kind), seed_of("kind", seed, kind)).tolist())
        for kind, group in enumerate(groups)
    ]
    return [(kind, next(drawn[kind])) for kind in kinds]


def _step(
    network: PreTrainedModel,
    optimizer: torch.optim.Optimizer,
    batch: list[Encoded],
    training: Training,
    learning_rate: float,
    usual: float,
    pad: int,
) -> tuple[float, int]:
    """Take one step; return the loss before it, in nats a token, and the tokens that passed through the model."""
    columns = -(-max(len(d.ids) for d in batch) // _COLUMNS) * _COLUMNS
    columns = min(columns, network.config.get_text_config().max_position_embeddings)
    rows = max(1, _TOKENS // columns)
    total = 0.0
    for at in range(0, len(batch), rows):
        loss = _loss(network, batch[at : at + rows], columns, training, pad)
        (loss / usual).backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    torch.nn.utils.clip_grad_norm_(network.parameters(), training.clip)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return total / sum(_counted(d, training) for d in batch), sum(len(d.ids) for d in batch)


def _counted(document: Encoded, training: Training) -> int:
    """Return how many tokens count in the loss."""
    return len(document.ids) - _first(document, training)


def _first(document: Encoded, training: Training) -> int:
    """Return the first token that counts in the loss; the very first of a text is predicted from nothing."""
    return document.prompt if training.completion_only else 1


def _loss(network: PreTrainedModel, batch: list[Encoded], columns: int, training: Training, pad: int) -> torch.Tensor:
    """Return the summed loss of a part of a batch, in nats."""
    tokens = np.full((len(batch), columns), pad, np.int64)
    counts = np.zeros((len(batch), columns), np.bool_)
    for row, document in enumerate(batch):
        tokens[row, : len(document.ids)] = document.ids
        counts[row, _first(document, training) : len(document.ids)] = True
    device = network.device
    ids, wanted = torch.from_numpy(tokens).to(device), torch.from_numpy(counts).to(device)
    # Padding stands on the right of causal attention: it needs no mask.
    with arithmetic(network, training.precision):
        logits = network(input_ids=ids, use_cache=False).logits
    return F.cross_entropy(logits[:, :-1][wanted[:, 1:]].float(), ids[:, 1:][wanted[:, 1:]], reduction="sum")


def _optimizer(network: PreTrainedModel, training: Training) -> torch.optim.AdamW:
    weights = [p for p in network.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in weights if p.ndim >= 2], "weight_decay": training.weight_decay},
        # Biases and norms' weights are not pulled to 0.
        {"params": [p for p in weights if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=training.learning_rate, fused=True)


def _parts(documents: Sequence[Encoded], beside: Sequence[Encoded], training: Training, seed: int) -> list[str]:
    """Return what a training's result depends on, beside the weights. How often its state is kept is not of it."""
    settings = training.model_dump_json(exclude={"checkpoint_every"})
    return [settings, str(seed), *(f"{d.prompt} {d.ids}" for d in documents), "beside", *(f"{d.ids}" for d in beside)]


def _log(progress: Progress, seconds: float) -> TrainingLog:
    return TrainingLog(tuple(progress.losses), progress.tokens, seconds)
