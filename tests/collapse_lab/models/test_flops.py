from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import GPT2Config, LlamaConfig, PreTrainedModel, Qwen2Config, Qwen3Config

from collapse_lab.models.flops import flops_a_token, shape_of
from tests.collapse_lab.models import architectures

LENGTH = 64


def network_of(name: str) -> PreTrainedModel:
    """With attention written out: of a fused kernel torch counts nothing on a CPU."""
    network = architectures.network(name)
    network.set_attn_implementation("eager")
    return network


def angles(network: PreTrainedModel) -> int:
    """Earlier releases of transformers 5 find the angles of positions by a product of matrices, which torch counts."""
    return LENGTH * shape_of(network.config).head


@pytest.mark.parametrize("name", architectures.CONFIGS)
def test_it_is_what_torch_counts(name: str) -> None:
    network = network_of(name)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        network(input_ids=torch.arange(LENGTH)[None] % 40, use_cache=False)
    beside = counter.get_total_flops() - flops_a_token(network.config, LENGTH, learning=False) * LENGTH
    assert beside in (0, angles(network))


def test_learning_is_three_times_that() -> None:
    network = network_of("qwen2")
    counter = FlopCounterMode(display=False)
    with counter:
        network(input_ids=torch.arange(LENGTH)[None] % 40, use_cache=False).logits.sum().backward()
    beside = counter.get_total_flops() - flops_a_token(network.config, LENGTH, learning=True) * LENGTH
    assert beside in (0, angles(network))


def test_known_models_by_their_published_shape() -> None:
    smollm = LlamaConfig(
        vocab_size=49152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
    )
    # 134,515,008 weights, of which 61 norms of 576 are no matrices; the embedding is the output's matrix.
    assert shape_of(smollm).multiplied == 134_515_008 - 61 * 576
    qwen = Qwen2Config(
        vocab_size=151936,
        hidden_size=1536,
        intermediate_size=8960,
        num_hidden_layers=28,
        num_attention_heads=12,
        num_key_value_heads=2,
    )
    # 1,543,714,304 weights, of which 57 norms, and biases of queries, keys and values are no matrices.
    assert shape_of(qwen).multiplied == 1_543_714_304 - 57 * 1536 - 28 * (1536 + 2 * 256)
    assert flops_a_token(qwen, 2048, learning=True) == 6 * shape_of(qwen).multiplied + 12 * 28 * 12 * 128 * 2048


def test_heads_may_be_wider_than_the_model() -> None:
    shape = shape_of(Qwen3Config(hidden_size=1024, num_attention_heads=16, num_key_value_heads=8, head_dim=128))
    assert (shape.head, shape.width) == (128, 1024)


def test_an_unknown_architecture_is_an_error() -> None:
    with pytest.raises(ValueError, match="type 'gpt2' needs is not known"):
        shape_of(GPT2Config())
