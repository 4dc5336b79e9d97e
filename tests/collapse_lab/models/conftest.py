"""Torch as in a worker (one thread), and what most tests of models need."""

from __future__ import annotations

import pytest
import torch

from collapse_lab.models.causal import CausalModel
from collapse_lab.models.model import Training
from tests.collapse_lab.models import standin


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def _taught() -> CausalModel:
    model = standin.tiny()
    model.train(standin.documents(300), Training(steps=100, batch=16, learning_rate=1.5e-2, warmup=10), seed=0)
    return model


@pytest.fixture
def taught(_taught: CausalModel) -> CausalModel:
    """A tiny model that writes completions of every length, some of them right."""
    return _taught.copy()
