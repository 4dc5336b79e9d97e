"""The networks that are measured."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from collapse_lab.bench.plan import Kind
from collapse_lab.bench.shapes import ARCHITECTURES, OWN_WEIGHTS, SHAPES

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def network(name: str, kind: Kind, device: str) -> tuple[PreTrainedModel, str]:
    """Return a model in fp32 on a device, and where its weights are from: ``own`` or ``random``.

    No token ends its answers: how long they are is given beforehand.
    """
    found, weights = _own(name, device) if kind == "gpu" and name in OWN_WEIGHTS else (None, "random")
    made: Any = found or _random(name, kind, device)
    for settings in (made.config, made.generation_config):
        settings.eos_token_id, settings.pad_token_id = None, 0
    made.eval()
    return made, weights


def _own(name: str, device: str) -> tuple[PreTrainedModel | None, str]:
    from collapse_lab.models.causal import open_model
    from collapse_lab.models.pretrained import ModelUnavailable, open_pretrained
    from collapse_lab.study import PretrainedModel

    with tempfile.TemporaryDirectory(prefix="collapse-lab-bench-") as folder:
        try:
            open_pretrained(PretrainedModel(name=name), 0, Path(folder))
        except (ModelUnavailable, ModuleNotFoundError):
            return None, "random"
        return open_model(Path(folder) / "model", device).network, "own"


def _random(name: str, kind: Kind, device: str) -> PreTrainedModel:
    config = AutoConfig.for_model(ARCHITECTURES[name], tie_word_embeddings=True, **SHAPES[kind][name])
    torch.manual_seed(0)
    # Drawn where they are wanted: on a CPU 1.5 billion numbers take most of a minute.
    with torch.device(device):
        made: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            config, dtype=torch.float32, attn_implementation="sdpa"
        )
    torch.nn.Module.to(made, device)
    return made
