"""A round's training: AdamW, warm-up and cosine, gradients clipped, resumable.

On a CPU a training that was killed goes on to the same bit. On CUDA the gradient of attention adds up in no fixed
order, so that two runs differ in their last bits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch

from collapse_lab.models.adapter import adapted
from collapse_lab.models.feed import Batch, Feed
from collapse_lab.models.loss import Loss
from collapse_lab.models.machine import context
from collapse_lab.models.model import TrainingLog
from collapse_lab.models.progress import Progress, StateFile, identity
from collapse_lab.sample import seed_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.fim import FimTokens
    from collapse_lab.models.model import Training
    from collapse_lab.models.text import Encoded

Told = Callable[[int, int], None]
"""Hears of each step: how many are done, and of how many."""


@dataclass(frozen=True)
class Lesson:
    """What is learned, and how. Where *beside* has documents, every second batch is drawn from them; ``pad`` fills rows
    up."""

    documents: Sequence[Encoded]
    beside: Sequence[Encoded]
    training: Training
    seed: int
    pad: int
    fim: FimTokens | None = None

    def feed(self, limit: int) -> Feed:
        """Return its steps for a model with a context of *limit* tokens. Raises as ``Feed`` does."""
        return Feed(self.documents, self.beside, self.training, self.seed, limit, self.fim)

    def identity(self, network: PreTrainedModel) -> str:
        """Return a hash of all that the result hangs on. How often its state is kept is not of it."""
        settings = self.training.model_dump_json(exclude={"checkpoint_every"})
        texts = [*(f"{d.prompt} {d.ids}" for d in self.documents), "beside", *(f"{d.ids}" for d in self.beside)]
        return identity(network, [settings, str(self.seed), str(self.fim), *texts])


class Passes(Protocol):
    """How a batch passes through the model: whole, or this process's part of it."""

    @property
    def stream(self) -> tuple[int, ...]:
        """What sets apart this process's random numbers; nothing where it is alone."""

    def backward(self, batch: Batch) -> float:
        """Add the gradient of a batch to the weights', and return its summed loss, in nats."""


def train(
    network: PreTrainedModel,
    documents: Sequence[Encoded],
    training: Training,
    seed: int,
    pad: int,
    *,
    beside: Sequence[Encoded] = (),
    fim: FimTokens | None = None,
    state: Path | None = None,
    told: Told | None = None,
) -> TrainingLog:
    """Train *network* in place.

    Where *beside* has documents, every second batch is drawn from them. The loss told of a batch is the mean over its
    tokens (without the prompts' where ``completion_only`` says so). Its gradient is that of the sum, divided by the
    tokens of an average batch: batches are of documents of like length, and divided by their own tokens a short
    document's would weigh more than a long one's. Raises ``ValueError`` for settings that say nothing, contradict
    each other, or do not fit the model.
    """
    lesson = Lesson(documents, beside, training, seed, pad, fim)
    feed = lesson.feed(context(network))
    file = StateFile(state, lesson.identity(network) if state else "")
    with adapted(network, training.adapter, seed), learning(network, training):
        loss = Loss(network, training.precision, pad, compiled=training.compile and network.device.type == "cuda")
        progress = learn(network, lesson, feed, _Alone(loss, training), file, told)
    return TrainingLog(tuple(progress.losses), progress.tokens, progress.seconds)


def learn(
    network: PreTrainedModel, lesson: Lesson, feed: Feed, passes: Passes, file: StateFile, told: Told | None
) -> Progress:
    """Take the steps that are left, and return how it went."""
    training, seed, steps = lesson.training, lesson.seed, feed.steps
    optimizer = _optimizer(network, training)
    progress = file.load(network, optimizer)
    began = time.monotonic() - progress.seconds
    # Dropout, where a model has any, draws from a stream of the step's own.
    with torch.random.fork_rng(devices=[network.device] if network.device.type == "cuda" else []):
        done = len(progress.losses)
        for step, batch in enumerate(feed.batches(done), done):
            torch.manual_seed(seed_of("step", seed, step, *passes.stream))
            told_loss, tokens = _step(network, optimizer, passes, batch, training, rate(training, step, steps))
            progress.losses.append(told_loss)
            progress.tokens += tokens
            if (step + 1) % training.checkpoint_every == 0 and step + 1 < steps:
                progress.seconds = time.monotonic() - began
                file.save(network, optimizer, progress)
            if told:
                told(step + 1, steps)
    progress.seconds = time.monotonic() - began
    return progress


def rate(training: Training, step: int, steps: int) -> float:
    """Return the learning rate of a step (from 0): linear up to the peak, then half a cosine towards 0."""
    if step < training.warmup:
        return training.learning_rate * (step + 1) / training.warmup
    done = (step - training.warmup) / max(1, steps - training.warmup)
    return training.learning_rate * (1 + math.cos(math.pi * done)) / 2


@contextmanager
def learning(network: PreTrainedModel, training: Training) -> Iterator[None]:
    """Let *network* learn while the context is open, and be asked behind it."""
    if training.recompute:
        _recomputing(network, "enable")({"use_reentrant": False})
    network.train()
    try:
        yield
    finally:
        network.eval()  # type: ignore[no-untyped-call]
        if training.recompute:
            _recomputing(network, "disable")()


def _recomputing(network: PreTrainedModel, what: str) -> Callable[..., None]:
    """Return the method for it, which had another name in earlier releases of transformers 5."""
    found: Callable[..., None] | None = getattr(network, f"activation_checkpointing_{what}", None)
    return found or getattr(network, f"gradient_checkpointing_{what}")


@dataclass(frozen=True)
class _Alone:
    """All of a batch passes through one model, in parts that have room."""

    loss: Loss
    training: Training
    stream: tuple[int, ...] = ()

    def backward(self, batch: Batch) -> float:
        """Add the gradient of a batch to the weights', and return its summed loss."""
        rows, columns, usual = batch
        at_once = max(1, self.training.part // columns)
        return sum(self.loss.backward(rows[at : at + at_once], columns, usual) for at in range(0, len(rows), at_once))


def _step(
    network: PreTrainedModel,
    optimizer: torch.optim.Optimizer,
    passes: Passes,
    batch: Batch,
    training: Training,
    learning_rate: float,
) -> tuple[float, int]:
    """Take one step; return the loss before it, in nats a token, and the tokens that passed through the model."""
    rows, total = batch[0], passes.backward(batch)
    torch.nn.utils.clip_grad_norm_(network.parameters(), training.clip)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return total / max(1, sum(row.learned for row in rows)), sum(len(row.ids) for row in rows)


def _optimizer(network: PreTrainedModel, training: Training) -> torch.optim.AdamW:
    weights = [p for p in network.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in weights if p.ndim >= 2], "weight_decay": training.weight_decay},
        # Biases and norms' weights are not pulled to 0.
        {"params": [p for p in weights if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=training.learning_rate, fused=True)
