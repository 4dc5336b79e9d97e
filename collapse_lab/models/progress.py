"""The state of a training on disk: written whole or not at all, so that a killed training goes on where it stood."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import nn

_NAME = "state.pt"


@dataclass
class Progress:
    """What has been done: the losses so far (one a step), the tokens seen, and the seconds it took."""

    losses: list[float] = field(default_factory=list)
    tokens: int = 0
    seconds: float = 0.0


class StateFile:
    """A training's state in a directory; ``None`` keeps nothing. ``identity`` names what is trained on what, how;
    ``mapped``: of the file is read what is used of it."""

    def __init__(self, directory: Path | None, identity: str, *, mapped: bool = False) -> None:
        self._directory, self._identity, self._mapped = directory, identity, mapped

    def load(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
        """Bring *network* and *optimizer* to where the state stands, and return how far that is.

        A file that cannot be read counts as none. Raises ``ValueError`` where it belongs to another training.
        """
        found = self.found()
        if found is None:
            return Progress()
        self._take(found, network, optimizer)
        return Progress(found["losses"], found["tokens"], found["seconds"])

    def save(self, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
        """Write everything that the next step depends on. Random numbers hang on the step, so none are kept."""
        if self._directory is not None:
            self._write(self._directory, self._given(network, optimizer), progress)

    def found(self) -> dict[str, Any] | None:
        """Return what the file holds. Raises as ``load`` does."""
        if self._directory is None or not (path := self._directory / _NAME).exists():
            return None
        try:
            found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=self._mapped)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
            return None
        if found["identity"] != self._identity:
            raise ValueError(
                f"{path} is the state of another training (other weights, documents, settings or seed). Remove it, or "
                "name another directory."
            )
        return found

    def _take(self, found: dict[str, Any], network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        network.load_state_dict({**network.state_dict(), **found["network"]})
        optimizer.load_state_dict(found["optimizer"])

    def _write(self, directory: Path, given: dict[str, Any], progress: Progress) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        write(directory / _NAME, {"identity": self._identity, **given, **vars(progress)})

    def _given(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        return {"network": changing(network), "optimizer": optimizer.state_dict()}


def write(path: Path, state: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as handle:
        torch.save(state, handle)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(path)


def changing(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return all that a training may change: what is frozen beside an adapter is what it was."""
    frozen = {name for name, weight in network.named_parameters(remove_duplicate=False) if not weight.requires_grad}
    return {name: tensor for name, tensor in network.state_dict().items() if name not in frozen}


def identity(network: nn.Module, parts: Iterable[str]) -> str:
    """Return a hash over the weights and *parts*, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    for part in parts:
        digest.update(hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()
