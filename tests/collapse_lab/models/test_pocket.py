from __future__ import annotations

import torch

from collapse_lab.models.pocket import config, fresh
from collapse_lab.models.tokenizer import build
from collapse_lab.study import PocketModel
from tests.collapse_lab.models.standin import documents, tokenizer


def test_the_default_has_about_nine_hundred_thousand_weights() -> None:
    model = fresh(PocketModel(), tokenizer(), 0)
    blocks = model.parameters - len(tokenizer()) * 128
    assert 740_000 < blocks < 770_000
    assert model.network.lm_head.weight is model.network.model.embed_tokens.weight


def test_the_study_sets_its_shape() -> None:
    made = config(PocketModel(width=64, layers=3, heads=2), tokenizer())
    assert (made.hidden_size, made.intermediate_size, made.num_hidden_layers, made.num_attention_heads) == (
        64,
        192,
        3,
        2,
    )
    assert made.vocab_size == len(tokenizer())
    assert (made.pad_token_id, made.eos_token_id) == (0, 2)


def test_weights_hang_on_the_seed_alone() -> None:
    settings = PocketModel(width=32, layers=1, heads=2)
    torch.manual_seed(1)
    first = fresh(settings, tokenizer(), 7).network.state_dict()
    expected = torch.rand(2)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(2), expected)
    again, other = (fresh(settings, tokenizer(), seed).network.state_dict() for seed in (7, 8))
    assert all(torch.equal(tensor, again[name]) for name, tensor in first.items())
    assert not torch.equal(first["model.embed_tokens.weight"], other["model.embed_tokens.weight"])


def test_it_speaks_the_labs_own_tokenizer() -> None:
    model = fresh(PocketModel(width=32, layers=1, heads=2), build(documents(50)), 0)
    assert model.preference(["x = 1\n# quality:"], " good", " bad")[0] != 0
    assert model.score([("def f():\n", "    return 'ä'\n")])[0].tokens > 5
