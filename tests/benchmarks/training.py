"""The lab's training against a bare torch loop over the same batches of the same model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from collapse_lab.models import order
from collapse_lab.models.causal import CausalModel
from collapse_lab.models.model import Document, Training
from collapse_lab.models.pocket import fresh
from collapse_lab.models.tokenizer import build
from collapse_lab.sample import seed_of
from collapse_lab.study import PocketModel
from collapse_lab.tasks.pocket import PocketSource
from tests.benchmarks.timing import Line, line, processor_time

_STEPS, _ROUNDS = 40, 5
_TRAINING = Training(steps=_STEPS, batch=16, learning_rate=1e-3)


def measure(scratch: Path) -> Iterator[Line]:
    """Yield what a step costs beside the same step by hand."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from _measure()
    finally:
        torch.set_num_threads(threads)


def _measure() -> Iterator[Line]:
    tasks = PocketSource().pool("bench", 0, 1000)
    documents = [(t.prompt, t.reference) for t in tasks]
    start = fresh(PocketModel(), build(documents), 0)
    batches = _batches(start, documents)
    ratios, steps = [], []
    for _ in range(_ROUNDS):
        one, other = start.copy(), start.copy()
        losses: list[float] = []
        ours = processor_time(lambda m=one, into=losses: into.extend(m.train(documents, _TRAINING, seed=0).losses))
        ratios.append(ours / processor_time(lambda m=other: _bare(m, batches)))
        steps.append(ours / _STEPS * 1000)
    step = sorted(steps)[_ROUNDS // 2]
    yield line(f"a training step, {step:.0f} ms / a bare torch loop", ratios, "x", 1.1)


def _batches(model: CausalModel, documents: list[Document]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return the very batches that the training takes, ready as tensors: the bare loop has nothing else to do."""
    encoded = model._codec.documents(documents)
    made = []
    for places in order.batches([len(e.ids) for e in encoded], 16, _STEPS, seed_of("kind", 0, 0)):
        columns = -(-max(len(encoded[i].ids) for i in places) // 8) * 8
        ids = torch.zeros(16, columns, dtype=torch.int64)
        labels = torch.full((16, columns), -100)
        for row, i in enumerate(places):
            ids[row, : len(encoded[i].ids)] = torch.tensor(encoded[i].ids)
            labels[row, encoded[i].prompt : len(encoded[i].ids)] = torch.tensor(encoded[i].ids[encoded[i].prompt :])
        made.append((ids, labels))
    return made


def _bare(model: CausalModel, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
    network = model.network.train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.05, fused=True)
    for ids, labels in batches:
        loss = network(input_ids=ids, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()
