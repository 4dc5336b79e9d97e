"""Low-rank matrices beside a model's while it is trained, merged into its weights behind it (through peft)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from collapse_lab.sample import seed_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from collapse_lab.models.model import Adapter

_ALL = "all-linear"


@contextmanager
def adapted(network: PreTrainedModel, adapter: Adapter | None, seed: int) -> Iterator[None]:
    """Let only an adapter's matrices learn while the context is open; then *network* is a plain model again.

    The matrices are drawn by *seed*. After an error *network* has the weights that it had. Raises
    ``ModuleNotFoundError`` without peft, and ``ValueError`` for targets that the model has not.
    """
    if adapter is None:
        yield
        return
    learned = {weight: weight.requires_grad for weight in network.parameters()}
    wrapped = attached(network, adapter, seed)
    merged = False
    try:
        yield
        wrapped.merge_and_unload()
        merged = True
    finally:
        if not merged:
            wrapped.unload()
        # Some releases leave this behind, and transformers would then save an adapter.
        network.__dict__.pop("peft_config", None)
        for weight, learns in learned.items():
            weight.requires_grad_(learns)


def attached(network: PreTrainedModel, adapter: Adapter, seed: int) -> Any:
    """Put an adapter into *network*, of which nothing else learns any more, and return peft's model around it.

    Raises as ``adapted`` does.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("An `adapter` needs peft: pip install 'exogate[lab-lora]'.", name="peft") from error
    settings: dict[str, Any] = {"r": adapter.rank, "lora_alpha": adapter.alpha, "task_type": "CAUSAL_LM"}
    config = LoraConfig(**settings, target_modules=list(adapter.targets) or _ALL)
    with torch.random.fork_rng(devices=[network.device] if network.device.type == "cuda" else []):
        torch.manual_seed(seed_of("adapter", seed))
        return get_peft_model(network, config)
