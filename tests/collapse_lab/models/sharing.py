"""Trainings that two processes share, one after the other in one meeting, each with what a single process makes of it:
``python -m tests.collapse_lab.models.sharing FOLDER RANK`` leaves what they learned in FOLDER."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor

from collapse_lab.models import loss
from collapse_lab.models.apart import Apart
from collapse_lab.models.causal import CausalModel
from collapse_lab.models.model import Adapter, Training
from collapse_lab.models.progress import StateFile
from collapse_lab.models.shard import group, share
from collapse_lab.models.spread import Job
from collapse_lab.models.train import Lesson, train
from tests.collapse_lab.models import architectures
from tests.collapse_lab.models.standin import documents, tiny, tokenizer

SIZE, SEED = 2, 3
BASE = Training(steps=4, batch=4, learning_rate=3e-3, warmup=2)


@dataclass(frozen=True)
class Case:
    """A training: what of ``BASE`` is different, which model, and how many logits may be in memory."""

    different: dict[str, Any]
    made: Callable[[], CausalModel] = tiny
    beside: int = 0
    logits: int | None = None
    # In fp32 the order of sums is all that differs.
    tolerance: float = 2e-5
    # Weights with no gradient but rounding, of which AdamW makes steps of full length: keys' biases without rotation.
    idle: str = " "

    @property
    def training(self) -> Training:
        return BASE.model_copy(update=self.different)

    def lesson(self, model: CausalModel) -> Lesson:
        learned, beside = (model._codec.documents(documents(n, seed=n)) for n in (23, self.beside))
        return Lesson(learned, beside, self.training, SEED, model._codec.pad)


def _of(name: str) -> Callable[[], CausalModel]:
    # Of dropout every process would draw its own.
    return lambda: CausalModel(architectures.network(name, dropout=False), tokenizer(), rows=8)


CASES = {
    "as many rows for each": Case({}),
    "five rows for two": Case({"batch": 5}),
    "one row for two": Case({"batch": 1}),
    "five rows in parts of two": Case({"batch": 5, "part": 40}),
    "beside": Case({}, beside=7),
    "clipped hard": Case({"clip": 1e-2}),
    "shared rows": Case({"packing": 96, "batch": 3}),
    "joined rows, some of a prompt alone": Case({"packing": 8, "joined": True, "batch": 3}),
    "chunks, tied": Case({"batch": 5}, logits=300),
    "chunks, untied": Case({"batch": 5}, _of("qwen2"), logits=300),
    "chunks, one row": Case({"batch": 1}, _of("qwen2"), logits=300),
    "biases": Case({}, _of("llama with biases")),
    "starcoder2": Case({"batch": 3}, _of("starcoder2")),
    "gpt_bigcode": Case({"batch": 3}, _of("gpt_bigcode"), idle="c_attn.bias"),
    "computed again": Case({"recompute": True, "batch": 3}),
    "bf16": Case({"precision": "bf16", "recompute": True, "batch": 3}, tolerance=2e-2),
    "an adapter": Case({"adapter": Adapter(rank=2, alpha=4.0), "batch": 3}, _of("qwen2")),
    "gone on with": Case({"checkpoint_every": 2}),
}


@contextmanager
def norms() -> Iterator[list[float]]:
    """Give the norm of all weights' gradients in every step, before it is clipped: AdamW hides how large they are."""
    heard: list[float] = []
    clipped = torch.nn.utils.clip_grad_norm_

    def hearing(weights: Iterable[torch.Tensor], most: float) -> torch.Tensor:
        norm = clipped(weights, most)
        heard.append(float(norm.full_tensor() if isinstance(norm, DTensor) else norm))
        return norm

    torch.nn.utils.clip_grad_norm_ = hearing  # type: ignore[assignment]
    try:
        yield heard
    finally:
        torch.nn.utils.clip_grad_norm_ = clipped


def alone(case: Case) -> dict[str, Any]:
    """Return what one process makes of it."""
    model = case.made()
    lesson = case.lesson(model)
    with norms() as heard:
        log = train(model.network, lesson.documents, case.training, SEED, lesson.pad, beside=lesson.beside)
    return {"losses": list(log.losses), "tokens": log.tokens, "network": model.network.state_dict(), "norms": heard}


class _StoppedError(Exception):
    pass


def half(case: Case, state: Path) -> None:
    """Let one process do the first three steps, and leave its state of the second."""
    model = case.made()
    lesson = case.lesson(model)

    def told(done: int, _: int) -> None:
        if done == 3:
            raise _StoppedError

    try:
        train(model.network, lesson.documents, case.training, SEED, lesson.pad, state=state, told=told)
    except _StoppedError:
        return


def main(folder: Path, rank: int) -> None:
    torch.set_num_threads(1)
    with group(str(folder / "store"), "cpu", rank, SIZE) as mesh:
        for number, (name, case) in enumerate(CASES.items()):
            if case.training.adapter and find_spec("peft") is None:
                continue
            model = case.made()
            lesson = case.lesson(model)
            loss._LOGITS["cpu"] = case.logits or 1 << 24
            splits = loss.Loss(model.network, case.training.precision, lesson.pad).splits
            state = folder / "state" if name == "gone on with" else None
            begun = StateFile(state, lesson.identity(model.network)).found()
            steps: list[int] = []
            job = Job(Apart.of(model.network), lesson, splits, state, lesson.identity(model.network))
            network = job.network.together()
            with norms() as heard:
                found = share(network, job, mesh, lambda done, _, steps=steps: steps.append(done))  # type: ignore[misc]
            if rank == 0:
                held = sum(p.to_local().numel() for p in network.parameters() if hasattr(p, "to_local"))
                whole = sum(p.numel() for p in network.parameters())
                cut = sum(isinstance(module, FSDPModule) for module in network.modules())
                facts = {"steps": steps, "begun": begun is not None, "held": held / whole, "cut": cut}
                torch.save({**found, **facts, "norms": heard}, folder / f"{number}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
