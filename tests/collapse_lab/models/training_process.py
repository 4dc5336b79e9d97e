"""A training in a process of its own, to be killed: says each step, and at the end writes losses and weights."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from collapse_lab.models.model import Training
from tests.collapse_lab.models.standin import documents, tiny

STEPS = 14


def run(state: Path | None, say: bool) -> dict[str, object]:
    torch.set_num_threads(1)
    model = tiny(seed=4)
    log = model.train(
        documents(40),
        Training(steps=STEPS, batch=4, learning_rate=3e-3, warmup=3, checkpoint_every=3),
        seed=5,
        state=state,
        beside=documents(10, seed=6),
        told=(lambda done, _: print(done, flush=True)) if say else None,
    )
    return {"losses": list(log.losses), "tokens": log.tokens, "weights": model.network.state_dict()}


if __name__ == "__main__":
    torch.save(run(Path(sys.argv[1]), say=True), sys.argv[2])
