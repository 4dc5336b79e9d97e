"""Trainings whose documents share rows or stand in another order; and those that differ in their last bits only."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from collapse_lab.models.causal import CausalModel
from collapse_lab.models.feed import Feed, count_steps
from collapse_lab.models.fim import FimTokens
from collapse_lab.models.model import Training, TrainingLog
from collapse_lab.models.text import Codec
from collapse_lab.models.train import rate, train
from tests.collapse_lab.models import architectures
from tests.collapse_lab.models.standin import documents, tiny, tokenizer

DOCUMENTS = documents(60, seed=9)
ENCODED = Codec(tokenizer(), 256).documents(DOCUMENTS)
TOKENS = sum(len(d.ids) for d in ENCODED)
PACKED = Training(steps=6, batch=2, learning_rate=3e-3, warmup=2, packing=128, checkpoint_every=2)
# Words of the stand-in's own stand for the three that it has not.
FIM = FimTokens(prefix=5, suffix=6, middle=7, stop=2)


def feed(training: Training, fim: FimTokens | None = None, beside: int = 0) -> Feed:
    return Feed(ENCODED, ENCODED[:beside], training, seed=1, limit=256, fim=fim)


class BrokenOffError(Exception):
    pass


def weights(model: CausalModel) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.network.state_dict().items()}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, second[name]) for name, tensor in first.items())


@pytest.mark.parametrize("joined", [False, True])
def test_an_epoch_of_shared_rows_is_every_token_once(joined: bool) -> None:
    made = feed(Training(epochs=1, batch=3, packing=128, joined=joined))
    rows = [row for batch, _, _ in made.batches(0) for row in batch]
    assert len(rows) == 3 * made.steps
    # To fill the last batch rows of the next epoch are taken.
    assert TOKENS <= sum(len(row.ids) for row in rows) <= TOKENS + 3 * 128
    assert made.steps < count_steps(Training(epochs=1, batch=3), len(ENCODED)) / 2


@pytest.mark.parametrize("change", [{}, {"joined": True}, {"packing": 0}])
@pytest.mark.parametrize("fim", [None, FIM])
def test_the_steps_behind_one_are_the_same_from_there(change: dict[str, object], fim: FimTokens | None) -> None:
    training = PACKED.model_copy(update={**change, "completion_only": False, "fim_rate": 0.5 if fim else 0.0})
    made = feed(training, fim, beside=7)
    assert list(made.batches(4)) == list(made.batches(0))[4:]


def test_what_stands_beside_has_rows_of_its_own_in_order() -> None:
    made = feed(PACKED.model_copy(update={"completion_only": False, "fim_rate": 1.0}), FIM, beside=7)
    other = {d.ids for d in ENCODED[:7]}
    for step, (rows, columns, _) in enumerate(made.batches(0)):
        assert columns == 128
        for row in rows:
            at = 0
            for length in row.lengths:
                assert (row.ids[at : at + length] in other) == (step % 2 == 1)
                at += length


def test_a_document_is_put_into_another_order_in_every_pass() -> None:
    made = feed(Training(epochs=8, batch=1, packing=0, completion_only=False, fim_rate=0.5), FIM)
    seen = [row for batch, _, _ in made.batches(0) for row in batch]
    assert len(seen) == 8 * len(ENCODED)
    plain = {d.ids for d in ENCODED}
    moved = [row.ids for row in seen if row.ids not in plain]
    assert 0.4 < len(moved) / len(seen) < 0.6
    assert len(set(moved)) > 0.9 * len(moved)


@pytest.mark.parametrize("joined", [False, True])
def test_a_shared_row_learns_as_much(joined: bool) -> None:
    alone, shared = tiny(), tiny()
    expected = alone.train(DOCUMENTS, Training(epochs=6, batch=4, learning_rate=3e-3), seed=0)
    packed = Training(epochs=6, batch=2, learning_rate=6e-3, packing=128, joined=joined)
    log = shared.train(DOCUMENTS, packed, seed=0)
    assert log.tokens == pytest.approx(expected.tokens, rel=0.03)
    assert sum(log.losses[-5:]) / 5 < 0.5 * log.losses[0]


def test_a_step_over_all_documents_is_the_same_step_packed_or_not() -> None:
    start = architectures.model("qwen2")
    alone, shared = start.copy(), start.copy()
    few = DOCUMENTS[:6]
    step = Training(steps=1, batch=6, learning_rate=1e-2)
    rows = int(feed(PACKED.model_copy(update={"packing": 200}))._rows_a_pass(ENCODED[:6]))
    expected = alone.train(few, step, seed=0)
    log = shared.train(few, step.model_copy(update={"packing": 200, "batch": rows}), seed=0)
    assert log.losses == pytest.approx(expected.losses, rel=1e-5)
    assert log.tokens == expected.tokens
    after = weights(alone)
    for name, tensor in weights(shared).items():
        torch.testing.assert_close(tensor, after[name], rtol=0, atol=1e-4)


@pytest.mark.parametrize("joined", [False, True])
def test_broken_off_it_goes_on_to_the_same_bit(joined: bool, tmp_path: Path) -> None:
    def stop(done: int, _: int) -> None:
        if done == 5:
            raise BrokenOffError

    training = PACKED.model_copy(update={"joined": joined, "completion_only": False, "fim_rate": 0.5})
    start = tiny()

    def run(model: CausalModel, **more: object) -> TrainingLog:
        return train(model.network, ENCODED, training, 3, 0, fim=FIM, beside=ENCODED[:9], **more)  # type: ignore[arg-type]

    whole, broken, again = start.copy(), start.copy(), start.copy()
    expected = run(whole)
    with pytest.raises(BrokenOffError):
        run(broken, state=tmp_path, told=stop)
    said: list[int] = []
    log = run(again, state=tmp_path, told=lambda done, _: said.append(done))
    assert said == [5, 6]
    assert (log.losses, log.tokens) == (expected.losses, expected.tokens)
    assert same(weights(again), weights(whole))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", architectures.CONFIGS)
def test_what_is_computed_again_is_the_same(name: str, precision: str) -> None:
    start = architectures.model(name)
    kept, again = start.copy(), start.copy()
    training = Training(steps=3, batch=4, learning_rate=1e-3, precision=precision)
    expected = kept.train(DOCUMENTS, training, seed=1).losses
    losses = again.train(DOCUMENTS, training.model_copy(update={"recompute": True}), seed=1).losses
    assert losses == pytest.approx(expected, rel=1e-5)
    assert not any(getattr(module, "gradient_checkpointing", False) for module in again.network.modules())


def test_compiling_is_about_cuda() -> None:
    start = tiny()
    first, again = start.copy(), start.copy()
    first.train(DOCUMENTS, PACKED, seed=1)
    again.train(DOCUMENTS, PACKED.model_copy(update={"compile": True}), seed=1)
    assert same(weights(first), weights(again))


def test_warm_up_in_the_first_round_alone() -> None:
    always = Training(steps=10, warmup=4, learning_rate=1.0)
    once = always.model_copy(update={"warmup_rounds": "first"})
    assert [always.in_round(number) for number in (1, 2)] == [always, always]
    assert [once.in_round(number).warmup for number in (1, 2, 7)] == [4, 0, 0]
    # The cosine begins anew in every round, at the peak.
    assert rate(once.in_round(1), 0, 10) == 0.25
    assert rate(once.in_round(2), 0, 10) == 1.0


def test_settings_that_contradict_each_other_are_sentences() -> None:
    with pytest.raises(ValidationError, match="`joined` needs `packing`"):
        Training(steps=1, joined=True)
    with pytest.raises(ValidationError, match="leaves nothing to predict"):
        Training(steps=1, packing=1)
    with pytest.raises(ValueError, match="`packing: 512` is more than the model's context of 256 tokens"):
        feed(Training(steps=1, packing=512))
    with pytest.raises(ValueError, match="`fim_rate` needs a model that has tokens"):
        feed(Training(steps=1, fim_rate=0.5, completion_only=False))
    with pytest.raises(ValueError, match="A pocket model has no tokens for filling in the middle"):
        tiny().train(DOCUMENTS, Training(steps=1, fim_rate=0.5, completion_only=False), seed=0)
    with pytest.raises(ValueError, match="no document to train 5 steps on"):
        tiny().train([], Training(steps=5, packing=64), seed=0)


def test_a_few_documents_fill_joined_rows_again_and_again() -> None:
    made = Feed(ENCODED[:1], (), Training(steps=2, batch=2, packing=128, joined=True), 0, 256)
    rows = [row for batch, _, _ in islice(made.batches(0), 2) for row in batch]
    assert [len(row.ids) for row in rows] == [128] * 4
