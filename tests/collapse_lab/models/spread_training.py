"""A training that two processes share, in a process to be killed: ``python -m ... STATE`` says each step."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from collapse_lab.models.causal import CausalModel
from collapse_lab.models.manner import Manner
from collapse_lab.models.model import Training
from collapse_lab.models.style import COMPLETION
from collapse_lab.models.train import Told
from tests.collapse_lab.models.standin import documents, tiny

# More than are ever taken before the end that a test puts to it.
STEPS = 5000
DEVICES = "cpu,cpu"


def pretrained() -> CausalModel:
    """Return a tiny model that counts as somebody else's."""
    made = tiny(seed=4)
    return CausalModel(made.network, made.tokenizer, manner=Manner(name="tiny", licence="none", style=COMPLETION))


def run(model: CausalModel, state: Path | None, told: Told | None, steps: int = STEPS) -> tuple[float, ...]:
    """Train it where ``COLLAPSE_LAB_DEVICES`` says, and return the losses."""
    training = Training(steps=steps, batch=5, learning_rate=3e-4, warmup=3, checkpoint_every=3)
    return model.train(documents(40), training, 5, state, beside=documents(10, seed=6), told=told).losses


if __name__ == "__main__":
    torch.set_num_threads(1)
    run(pretrained(), Path(sys.argv[1]), lambda done, _: print(done, flush=True))
