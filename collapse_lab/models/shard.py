"""One process's share of a training on several devices: of the weights, their gradients and AdamW's state, and of
each batch's rows.

Built on torch's own ``fully_shard``, which accelerate's FSDP uses underneath: accelerate's refuses to run on a CPU, and
so could not be tested where there is no GPU.

The shares of a batch's gradient are summed over the processes and divided by what one process divides them by, so that
results differ from one device's in rounding alone; but dropout, where a model has any, is drawn by each process for
itself. Weights of one layer at a time are whole on a device, those of the embedding and the output for as long as a
batch passes through. In ``bf16`` the layers' weights are kept in bf16 from the way there to the way back, 2 bytes a
weight that are not shared, unless ``recompute`` is set. ``compile`` is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from collapse_lab.models.adapter import attached
from collapse_lab.models.loss import Begun, Loss
from collapse_lab.models.machine import context
from collapse_lab.models.progress import Progress, StateFile, changing
from collapse_lab.models.train import Told, learn, learning

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.feed import Batch
    from collapse_lab.models.packing import Row
    from collapse_lab.models.spread import Job

# A process that waits for the others longer than this is let go; it hears at once of those that die.
_PATIENCE = timedelta(hours=1)


@contextmanager
def group(meeting: str, device: str, rank: int, size: int) -> Iterator[DeviceMesh]:
    """Join *size* processes that meet at a file, which serves for one meeting alone, and give the mesh of all."""
    kind = torch.device(device).type
    if kind == "cuda":
        torch.cuda.set_device(torch.device(device))
        torch.cuda.init()  # type: ignore[no-untyped-call]
    dist.init_process_group(
        "nccl" if kind == "cuda" else "gloo",
        store=dist.FileStore(meeting, size),  # type: ignore[attr-defined]
        rank=rank,
        world_size=size,
        timeout=_PATIENCE,
    )
    yield init_device_mesh(kind, (size,))
    # Not after an error: that would wait for the others.
    dist.destroy_process_group()


def share(network: PreTrainedModel, job: Job, mesh: DeviceMesh, told: Told | None) -> dict[str, Any]:
    """Do this process's share of a training of *network*, the job's, of which it keeps its part.

    Return what the first process is to give back, nothing in the others: all weights that have learned (``network``),
    and how it went, as in a state.
    """
    training = job.lesson.training
    feed = job.lesson.feed(context(network))
    if training.adapter:
        # It is merged where all of it comes together.
        attached(network, training.adapter, job.lesson.seed)
    with learning(network, training):
        loss = Loss(network, training.precision, job.lesson.pad)
        # Asked of the whole model, before it was cut.
        loss.__dict__["splits"] = job.splits
        root = _sharded(network, loss, mesh)
        passes = _Together(root, loss, training.part, mesh)
        progress = learn(network, job.lesson, feed, passes, _SharedFile(job.state, job.identity, mesh), told)
        weights = _whole(changing(network))
    return {"network": weights, **vars(progress)} if weights else {}


class _Root(nn.Module):
    """A network with its loss: what takes its output's weights must happen while these are whole."""

    def __init__(self, network: PreTrainedModel, loss: Loss) -> None:
        super().__init__()
        self.network = network
        self._loss = loss

    def forward(self, ids: torch.Tensor, wanted: torch.Tensor, where: dict[str, torch.Tensor], per: float) -> Begun:
        return self._loss.begin(ids, wanted, where, per)


def _sharded(network: PreTrainedModel, loss: Loss, mesh: DeviceMesh) -> nn.Module:
    """Cut the weights, layer by layer, and bring this process's part to its device."""
    layers = set(network._no_split_modules or ())
    for module in list(network.modules()):
        if type(module).__name__ in layers:
            fully_shard(module, mesh=mesh)
    root = _Root(network, loss)
    fully_shard(root, mesh=mesh, reshard_after_forward=False)
    return root


class _Together:
    """Each process takes every n-th row of a batch; all of them go the same way through the model as often."""

    def __init__(self, root: nn.Module, loss: Loss, part: int, mesh: DeviceMesh) -> None:
        self._root, self._loss, self._part, self._mesh = root, loss, part, mesh
        self.stream: tuple[int, ...] = (mesh.get_rank(),)

    def backward(self, batch: Batch) -> float:
        """Add the gradient of a batch to this process's part of the weights', and return the loss of all its rows."""
        rows, columns, usual = batch
        size, rank = self._mesh.size(), self._mesh.get_rank()
        at_once = size * max(1, self._part // columns)
        total = torch.zeros((), dtype=torch.float64)
        for at in range(0, len(rows), at_once):
            mine = rows[at : at + at_once][rank::size]
            if any(row.learned for row in mine):
                # The sum over processes is divided by their number on its way.
                total += self._pass(mine, columns, usual / size)
            else:
                # Others wait for this process's part of the weights: something passes through, and counts for nothing.
                self._pass([replace((mine or rows)[0], counted=((1, 2),))], columns, float("inf"))
        total = total.to(self._mesh.device_type)
        dist.all_reduce(total)
        return float(total)

    def _pass(self, rows: list[Row], columns: int, per: float) -> float:
        return self._loss.back(self._root(*self._loss.on_device(rows, columns), per))


class _SharedFile(StateFile):
    """A state as one device writes it, so that any number of devices can go on from it. The first process writes."""

    def __init__(self, directory: Path | None, identity: str, mesh: DeviceMesh) -> None:
        super().__init__(directory, identity, mapped=True)
        self._first = mesh.get_rank() == 0

    def save(self, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
        """Gather everything in the first process, and write it there."""
        if self._directory is None:
            return
        found = self._given(network, optimizer)
        if self._first:
            self._write(self._directory, found, progress)

    def _take(self, found: dict[str, Any], network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        own = network.state_dict()
        with torch.no_grad():
            for name, tensor in found["network"].items():
                own[name].copy_(_cut(tensor, own[name]))
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        state = {
            place: {name: _cut(value, weights[place]) if value.ndim else value for name, value in moments.items()}
            for place, moments in found["optimizer"]["state"].items()
        }
        optimizer.load_state_dict({**found["optimizer"], "state": state})

    def _given(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        found = optimizer.state_dict()
        state = {place: _whole(moments) for place, moments in found["state"].items()}
        return {"network": _whole(changing(network)), "optimizer": {**found, "state": state}}


def _cut(whole: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return this process's part of a tensor, laid out as *like* is."""
    whole = whole.to(like.device)
    return distribute_tensor(whole, like.device_mesh, like.placements) if isinstance(like, DTensor) else whole


def _whole(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Gather tensors on the CPU of the first process; the others help, and get nothing."""
    first = dist.get_rank() == 0
    found = {}
    for name, tensor in tensors.items():
        gathered = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
        if first:
            found[name] = gathered.detach().cpu()
    return found
