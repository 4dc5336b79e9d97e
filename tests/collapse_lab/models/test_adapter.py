"""Low-rank training: the weights are frozen, and the artifact is a plain model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

pytest.importorskip("peft", reason="adapters come with the extra lab-lora")

from transformers import AutoModelForCausalLM

from collapse_lab.models.causal import CausalModel
from collapse_lab.models.model import Adapter, Training
from tests.collapse_lab.models import architectures
from tests.collapse_lab.models.standin import documents, tiny

DOCUMENTS = documents(40, seed=9)
SMALL = Training(steps=6, batch=4, learning_rate=3e-2, adapter=Adapter(rank=2, alpha=4.0))


class BrokenOffError(Exception):
    pass


def weights(model: CausalModel) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.network.state_dict().items()}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(tensor, second[name]) for name, tensor in first.items())


@pytest.mark.parametrize("name", architectures.CONFIGS)
def test_what_it_learned_is_of_low_rank_and_in_the_weights(name: str, tmp_path: Path) -> None:
    model = architectures.model(name)
    before, kind = weights(model), type(model.network)
    losses = model.train(DOCUMENTS, SMALL, seed=1).losses
    after = weights(model)
    assert losses[-1] < losses[0]
    assert after.keys() == before.keys()
    assert type(model.network) is kind
    changed = {key for key in after if not torch.equal(before[key], after[key])}
    assert changed
    assert all(torch.linalg.matrix_rank(after[key] - before[key], rtol=1e-3) <= 2 for key in changed)
    # Neither the words nor the output, which are one for some, nor the norms.
    assert not any(part in key for key in changed for part in ("embed", "lm_head", "wte", "wpe", "norm", "ln_"))
    model.save(tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert type(again) is kind
    assert same(again.state_dict(), after)
    assert not list(tmp_path.glob("adapter*"))


def test_only_the_targets_learn() -> None:
    model = architectures.model("llama")
    before = weights(model)
    chosen = SMALL.model_copy(update={"adapter": Adapter(rank=2, targets=("q_proj", "v_proj"))})
    model.train(DOCUMENTS, chosen, seed=1)
    after = weights(model)
    changed = {key.split(".")[-2] for key in after if not torch.equal(before[key], after[key])}
    assert changed == {"q_proj", "v_proj"}


def test_the_model_can_be_trained_in_full_afterwards() -> None:
    model = tiny()
    model.train(DOCUMENTS, SMALL, seed=1)
    before = weights(model)
    model.train(DOCUMENTS, SMALL.model_copy(update={"adapter": None}), seed=1)
    assert all(not torch.equal(tensor, before[name]) for name, tensor in weights(model).items())


def test_a_target_that_is_not_there_is_an_error_and_changes_nothing() -> None:
    model = tiny()
    before = weights(model)
    wrong = SMALL.model_copy(update={"adapter": Adapter(targets=("no_such_layer",))})
    with pytest.raises(ValueError, match="no_such_layer"):
        model.train(DOCUMENTS, wrong, seed=1)
    assert same(weights(model), before)
    assert all(weight.requires_grad for weight in model.network.parameters())


def test_broken_off_it_leaves_the_weights_and_goes_on_to_the_same_bit(tmp_path: Path) -> None:
    def stop(done: int, _: int) -> None:
        if done == 5:
            raise BrokenOffError

    often = SMALL.model_copy(update={"checkpoint_every": 2})
    start = tiny()
    whole, broken = start.copy(), start.copy()
    expected = whole.train(DOCUMENTS, often, seed=1)
    with pytest.raises(BrokenOffError):
        broken.train(DOCUMENTS, often, seed=1, state=tmp_path, told=stop)
    assert same(weights(broken), weights(start))
    state = torch.load(tmp_path / "state.pt")
    # What is frozen is not written.
    assert all("lora" in name for name in state["network"])
    said: list[int] = []
    log = broken.train(DOCUMENTS, often, seed=1, state=tmp_path, told=lambda done, _: said.append(done))
    assert said == [5, 6]
    assert log.losses == expected.losses
    assert same(weights(broken), weights(whole))


def test_without_peft_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ModuleNotFoundError, match="pip install 'exogate\\[lab-lora\\]'"):
        tiny().train(DOCUMENTS, SMALL, seed=1)


@pytest.mark.parametrize("change", [{"recompute": True}, {"packing": 128, "batch": 2}, {"precision": "bf16"}])
def test_it_goes_with_the_other_settings(change: dict[str, object]) -> None:
    model = architectures.model("llama")
    losses = model.train(DOCUMENTS, SMALL.model_copy(update={"steps": 12, **change}), seed=1).losses
    assert losses[-1] < 0.9 * losses[0]
    assert all(weight.dtype == torch.float32 for weight in model.network.parameters())
