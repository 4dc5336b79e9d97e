from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from collapse_lab.models.causal import CausalModel
from collapse_lab.models.feed import count_steps
from collapse_lab.models.model import Training
from collapse_lab.models.train import rate
from tests.collapse_lab.models import architectures
from tests.collapse_lab.models.standin import documents, tiny

DOCUMENTS = documents(60, seed=9)
SHORT = Training(steps=5, batch=4, learning_rate=3e-3, warmup=2)
# Made once by this very training; a change of the model, the order, the loss or the optimiser shows here.
GOLDEN = [4.78686, 4.0077, 3.31984, 2.83822, 2.76309]


def weights(model: CausalModel) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.network.state_dict().items()}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_the_first_losses_are_the_golden_ones() -> None:
    losses = tiny(seed=1).train(DOCUMENTS, SHORT, seed=2).losses
    assert losses == pytest.approx(GOLDEN, abs=1e-4)


def test_the_loss_is_the_mean_over_the_completions_tokens() -> None:
    model = architectures.model("qwen2")
    batch = DOCUMENTS[:3]
    scores = model.score(batch)
    (loss,) = model.train(batch, Training(steps=1, batch=3), seed=0).losses
    assert loss == pytest.approx(sum(s.nll for s in scores) / sum(s.tokens for s in scores), rel=1e-5)


def test_the_prompt_counts_where_asked() -> None:
    model = architectures.model("qwen2")
    prompt, completion = DOCUMENTS[0]
    ids = torch.tensor([[*model.tokenizer(prompt)["input_ids"], *model.tokenizer(completion)["input_ids"], 2]])
    with torch.inference_mode():
        expected = F.cross_entropy(model.network(ids).logits[0, :-1], ids[0, 1:])
    log = model.train(DOCUMENTS[:1], Training(steps=1, batch=1, completion_only=False), seed=0)
    assert log.losses[0] == pytest.approx(float(expected), rel=1e-5)
    assert log.tokens == ids.numel()


def test_a_step_is_adamws() -> None:
    model, training = architectures.model("llama"), Training(steps=1, batch=4, learning_rate=1e-2, clip=0.5)
    by_hand = model.copy().network
    asked, answered = model._codec.documents(DOCUMENTS[:4]), 0
    total = torch.zeros(())
    for document in asked:
        ids = torch.tensor([document.ids])
        logits = by_hand(ids).logits[0, document.prompt - 1 : -1]
        total = total + F.cross_entropy(logits, ids[0, document.prompt :], reduction="sum")
        answered += document.written
    (total / answered).backward()
    torch.nn.utils.clip_grad_norm_(by_hand.parameters(), 0.5)
    groups = [
        {"params": [p for p in by_hand.parameters() if p.ndim > 1], "weight_decay": 0.05},
        {"params": [p for p in by_hand.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]
    torch.optim.AdamW(groups, lr=1e-2).step()
    model.train(DOCUMENTS[:4], training, seed=0)
    expected = by_hand.state_dict()
    for name, tensor in model.network.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=1e-4)


def test_same_arguments_same_weights_another_seed_others() -> None:
    start = tiny()
    first, again, other = start.copy(), start.copy(), start.copy()
    assert first.train(DOCUMENTS, SHORT, seed=1).losses == again.train(DOCUMENTS, SHORT, seed=1).losses
    other.train(DOCUMENTS, SHORT, seed=2)
    assert same(weights(first), weights(again))
    assert not same(weights(first), weights(other))


def test_training_leaves_torchs_own_random_numbers_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    tiny().train(DOCUMENTS, SHORT, seed=1)
    assert torch.equal(torch.rand(3), expected)


def test_dropout_works_in_training_alone_and_hangs_on_the_seed() -> None:
    start = architectures.model("gpt_bigcode")
    assert start.network.config.resid_pdrop > 0
    first, again = start.copy(), start.copy()
    torch.manual_seed(1)
    losses = first.train(DOCUMENTS, SHORT, seed=1).losses
    torch.manual_seed(2)
    assert again.train(DOCUMENTS, SHORT, seed=1).losses == losses
    assert first.score(DOCUMENTS) == first.score(DOCUMENTS)


def test_a_token_weighs_the_same_in_a_short_document_and_in_a_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # Batches of one document each: what reaches the optimiser is in proportion to their tokens.
    model, norms = architectures.model("llama"), []

    def seen(weights: object, _: float) -> None:
        norms.append(float(torch.stack([w.grad.norm() for w in weights if w.grad is not None]).norm()))  # type: ignore[attr-defined]

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", seen)
    short, long = ("x", "    result"), ("x", "    result" * 14)
    training = Training(steps=1, batch=1, learning_rate=1e-9)
    for single in (short, long):
        model.copy().train([single], training, seed=0)
    alone = norms[:]
    del norms[:]
    log = model.copy().train([short, long], training.model_copy(update={"steps": 2}), seed=0)
    sizes = [model._codec.documents([d])[0].written for d in (short, long)]
    usual = sum(sizes) / 2
    expected = sorted(norm * size / usual for norm, size in zip(alone, sizes, strict=True))
    assert sorted(norms) == pytest.approx(expected, rel=1e-3)
    assert sorted(log.losses) == pytest.approx(sorted(s.mean_nll for s in model.score([short, long])), rel=1e-3)


def test_every_second_batch_is_from_beside() -> None:
    start = tiny()
    mixed, plain = start.copy(), start.copy()
    one = Training(steps=2, batch=4, learning_rate=1e-9)
    losses = mixed.train(DOCUMENTS, one, seed=0, beside=[("    return", " good")]).losses
    (verdict,) = start.score([("    return", " good")])
    assert losses[1] == pytest.approx(verdict.mean_nll, rel=1e-4)
    assert losses[0] != pytest.approx(plain.train(DOCUMENTS, one, seed=0).losses[1], rel=1e-4)


def test_a_large_batch_is_cut_into_parts_with_the_same_gradient() -> None:
    start = tiny()
    whole, cut = start.copy(), start.copy()
    expected = whole.train(DOCUMENTS, SHORT, seed=1).losses
    small = SHORT.model_copy(update={"part": 100})
    assert cut.train(DOCUMENTS, small, seed=1).losses == pytest.approx(expected, rel=1e-5)


def test_it_learns(taught: CausalModel) -> None:
    held_out = documents(50, seed=77)
    assert sum(s.mean_nll for s in taught.score(held_out)) < 0.3 * sum(s.mean_nll for s in tiny().score(held_out))


@pytest.mark.parametrize("name", ["llama", "gpt_bigcode", "starcoder2"])
def test_bf16_keeps_fp32_weights_and_learns_alike(name: str) -> None:
    start = architectures.model(name)
    training = Training(steps=20, batch=16, learning_rate=1e-3)
    exact, coarse = start.copy(), start.copy()
    expected = exact.train(DOCUMENTS, training, seed=1).losses
    losses = coarse.train(DOCUMENTS, training.model_copy(update={"precision": "bf16"}), seed=1).losses
    assert all(tensor.dtype == torch.float32 for tensor in weights(coarse).values())
    assert losses != expected
    assert losses == pytest.approx(expected, rel=0.03)
    assert all("forward" not in vars(module) for module in coarse.network.modules())


def test_steps_epochs_and_what_says_neither() -> None:
    assert count_steps(Training(steps=7), 100) == 7
    assert count_steps(Training(epochs=2, batch=16), 100) == 13
    assert count_steps(Training(epochs=0.5, batch=16), 100) == 4
    for training in (Training(), Training(steps=1, epochs=1)):
        with pytest.raises(ValueError, match="either `steps` or `epochs`"):
            count_steps(training, 100)


def test_no_steps_change_nothing_and_no_documents_are_an_error() -> None:
    model = tiny()
    before = weights(model)
    assert model.train([], Training(steps=0), seed=0).losses == ()
    assert model.train([], Training(epochs=3), seed=0).losses == ()
    assert same(before, weights(model))
    with pytest.raises(ValueError, match="no document to train 5 steps on"):
        model.train([], SHORT, seed=0)


def test_the_rate_warms_up_and_falls_to_nearly_nothing() -> None:
    training = Training(steps=10, learning_rate=1.0, warmup=4)
    rates = [rate(training, step, 10) for step in range(10)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[7] == pytest.approx(0.5)
    assert rates[9] == pytest.approx((1 + math.cos(math.pi * 5 / 6)) / 2)
