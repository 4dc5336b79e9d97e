"""The loss in chunks is the loss at once, and documents that share a row are as if each had its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import islice

import pytest
import torch
from torch import nn
from transformers import GraniteConfig, GraniteForCausalLM, PreTrainedModel

from collapse_lab.models.loss import Loss
from collapse_lab.models.packing import Row, joined_rows, rows_a_pass, single, whole_rows
from collapse_lab.models.text import Codec, Encoded
from tests.collapse_lab.models import architectures
from tests.collapse_lab.models.standin import documents, tokenizer

DOCUMENTS = Codec(tokenizer(), 256).documents(documents(12, seed=3))
COLUMNS = -(-max(len(d.ids) for d in DOCUMENTS) // 8) * 8
SINGLE = [single(d, completion_only=False) for d in DOCUMENTS]

Told = tuple[float, dict[str, torch.Tensor]]


def told(
    network: PreTrainedModel, rows: Sequence[Row], columns: int, precision: str = "fp32", most: int | None = None
) -> Told:
    """Return the loss and every gradient; *most* is how many logits may be in memory."""
    network.zero_grad()
    loss = Loss(network, precision, pad=0)
    if most is not None:
        loss._most = most
    value = loss.backward(rows, columns, per=7.0)
    grads = {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}
    assert len(grads) == len(list(network.named_parameters()))
    return value, grads


def assert_alike(one: Told, other: Told, tolerance: float = 1e-5) -> None:
    assert one[0] == pytest.approx(other[0], rel=tolerance)
    for name, gradient in one[1].items():
        difference = float((gradient - other[1][name]).norm() / other[1][name].norm())
        assert difference < tolerance, name


@pytest.mark.parametrize("completion_only", [True, False])
@pytest.mark.parametrize("name", architectures.CONFIGS)
def test_in_chunks_it_is_the_plain_loss_with_its_gradients(name: str, completion_only: bool) -> None:
    network = architectures.network(name)
    rows = [single(d, completion_only) for d in DOCUMENTS]
    words = network.config.vocab_size
    for positions in (1, 7, 64):
        assert_alike(told(network, rows, COLUMNS, most=positions * words), told(network, rows, COLUMNS))


def test_in_bf16_the_chunks_are_alike_to_its_rounding() -> None:
    network = architectures.network("qwen2")
    exact = told(network, SINGLE, COLUMNS)
    for made in (told(network, SINGLE, COLUMNS, "bf16", most=500), told(network, SINGLE, COLUMNS, "bf16")):
        assert_alike(made, exact, 0.05)


def test_logits_of_more_than_a_chunk_are_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    network, seen = architectures.network("llama"), []
    output = network.get_output_embeddings()
    forward = output.forward

    def watched(values: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = forward(values)
        if logits.requires_grad:
            seen.append(logits.numel())
        return logits

    monkeypatch.setattr(output, "forward", watched)
    told(network, SINGLE, COLUMNS, most=20 * network.config.vocab_size)
    assert max(seen) == 20 * network.config.vocab_size
    assert sum(seen) == sum(row.learned for row in SINGLE) * network.config.vocab_size


def test_logits_that_are_scaled_are_scaled_still() -> None:
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = GraniteConfig(vocab_size=len(tokenizer()), logits_scaling=8.0, initializer_range=0.3, **sizes)
    network = GraniteForCausalLM(config).eval()
    assert_alike(told(network, SINGLE, COLUMNS, most=100), told(network, SINGLE, COLUMNS), 1e-6)


@pytest.mark.parametrize("most", [None, 1000])
@pytest.mark.parametrize("completion_only", [True, False])
@pytest.mark.parametrize("name", architectures.CONFIGS)
def test_documents_that_share_a_row_learn_as_each_in_its_own(
    name: str, completion_only: bool, most: int | None
) -> None:
    network = architectures.network(name)
    size = 120
    count = int(rows_a_pass([len(d.ids) for d in DOCUMENTS], size, joined=False))
    rows = list(islice(whole_rows(lambda _: DOCUMENTS, size, completion_only, 0), count))
    assert count < len(DOCUMENTS)
    alone = told(network, [single(d, completion_only) for d in DOCUMENTS], COLUMNS)
    assert_alike(told(network, rows, size, most=most), alone)


def test_joined_documents_see_what_stands_before_them() -> None:
    network = architectures.network("llama")
    (row,) = islice(joined_rows(lambda _: DOCUMENTS[:3], 80, False, 0), 1)
    ids = torch.tensor([row.ids])
    with torch.no_grad():
        expected = nn.functional.cross_entropy(network(ids).logits[0, :-1], ids[0, 1:], reduction="sum")
    assert told(network, [row], 80)[0] == pytest.approx(float(expected), rel=1e-5)


def test_a_row_in_which_nothing_counts_changes_nothing() -> None:
    network = architectures.network("llama")
    empty = Row(tuple(Encoded((1, 2, 3, 4), 1).ids), (), (4,))
    for most in (None, 10):
        loss, grads = told(network, [empty, SINGLE[0]], COLUMNS, most=most)
        assert_alike((loss, grads), told(network, SINGLE[:1], COLUMNS))


def test_compiled_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    # The compiler's front end, which may refuse a model; its back end is CUDA's and cannot run everywhere.
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager", fullgraph=True))
    network = architectures.network("llama")
    rows = list(islice(whole_rows(lambda _: DOCUMENTS, 120, True, 0), 3))
    expected = told(network, rows, 120, most=1000)
    compiled = Loss(network, "fp32", pad=0, compiled=True)
    network.zero_grad()
    value = compiled.backward(rows, 120, per=7.0)
    assert_alike((value, {name: p.grad for name, p in network.named_parameters() if p.grad is not None}), expected)
    torch.compiler.reset()
