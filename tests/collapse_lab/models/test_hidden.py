from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.collapse_lab.models import architectures
from tests.collapse_lab.models.standin import documents

TEXTS = [prompt + completion for prompt, completion in documents(20)]


@pytest.mark.parametrize("name", architectures.CONFIGS)
@pytest.mark.parametrize("layer", [0, 1, -1])
def test_it_is_the_last_tokens_state(name: str, layer: int) -> None:
    model = architectures.model(name)
    found = model.hidden(TEXTS, layer)
    assert found.shape == (20, 32)
    assert found.dtype == np.float32
    with torch.inference_mode():
        ids = torch.tensor([model.tokenizer(TEXTS[4])["input_ids"]])
        expected = model.network(ids, output_hidden_states=True).hidden_states[layer][0, -1]
    np.testing.assert_allclose(found[4], expected.numpy(), rtol=1e-4, atol=1e-4)


def test_it_hangs_on_the_own_text_alone() -> None:
    model = architectures.model("llama")
    together = model.hidden(TEXTS, -1)
    assert all((model.hidden([text], -1)[0] == row).all() for text, row in zip(TEXTS, together, strict=True))


def test_an_unknown_layer_is_an_error() -> None:
    with pytest.raises(ValueError, match="hidden states 0 to 2; there is no layer 3"):
        architectures.model("llama").hidden(TEXTS, 3)


def test_no_texts_have_no_states() -> None:
    assert architectures.model("llama").hidden([], -1).shape == (0, 32)
