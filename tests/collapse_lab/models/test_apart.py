"""A network that went through a file is the same network, whatever its architecture and whatever it was asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from collapse_lab.models.apart import Apart
from tests.collapse_lab.models.tiny import CHECKPOINTS, write


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_it_is_put_together_as_it_was(name: str, tmp_path: Path) -> None:
    network = AutoModelForCausalLM.from_pretrained(write(name, tmp_path), dtype=torch.float32).eval()
    ids = torch.arange(24)[None] + 5
    with torch.inference_mode():
        # That leaves hooks behind.
        expected = network(ids, output_hidden_states=True).logits
    torch.save(Apart.of(network), tmp_path / "apart.pt")
    again = torch.load(tmp_path / "apart.pt", weights_only=False, mmap=True).together()
    assert type(again) is type(network)
    assert again.config._attn_implementation == network.config._attn_implementation
    assert len(list(again.parameters())) == len(list(network.parameters()))
    assert not any(
        value.is_meta
        for module in again.modules()
        for value in vars(module).values()
        if isinstance(value, torch.Tensor)
    )
    with torch.inference_mode():
        assert torch.equal(again(ids).logits, expected)
    draws = [module.p for module in again.modules() if isinstance(module, torch.nn.Dropout)]
    assert draws == [module.p for module in network.modules() if isinstance(module, torch.nn.Dropout)]
