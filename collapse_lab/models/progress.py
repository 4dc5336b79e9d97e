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
    """A training's state in a directory; ``None`` keeps nothing. ``identity`` names what is trained on what, how."""

    def __init__(self, directory: Path | None, identity: str) -> None:
        self._directory, self._identity = directory, identity

    def load(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
        """Bring *network* and *optimizer* to where the state stands, and return how far that is.

        A file that cannot be read counts as none. Raises ``ValueError`` where it belongs to another training.
        """
        if self._directory is None or not (path := self._directory / _NAME).exists():
            return Progress()
        try:
            found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
            return Progress()
        if found["identity"] != self._identity:
            raise ValueError(
                f"{path} is the state of another training (other weights, documents, settings or seed). Remove it, or "
                "name another directory."
            )
        network.load_state_dict({**network.state_dict(), **found["network"]})
        optimizer.load_state_dict(found["optimizer"])
        return Progress(found["losses"], found["tokens"], found["seconds"])

    def save(self, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
        """Write everything that the next step depends on. Random numbers hang on the step, so none are kept."""
        if self._directory is None:
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        state = {
            "identity": self._identity,
            "network": _changing(network),
            "optimizer": optimizer.state_dict(),
            "losses": progress.losses,
            "tokens": progress.tokens,
            "seconds": progress.seconds,
        }
        part = self._directory / f"{_NAME}.part"
        with part.open("wb") as handle:
            torch.save(state, handle)
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(self._directory / _NAME)


def _changing(network: nn.Module) -> dict[str, torch.Tensor]:
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
