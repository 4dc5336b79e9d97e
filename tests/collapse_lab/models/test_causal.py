from __future__ import annotations

from pathlib import Path

import pytest

from collapse_lab.models.causal import CausalModel, open_model
from collapse_lab.models.judge import BAD, GOOD, lessons, question, verdicts
from collapse_lab.models.model import Model, Sampling, Training
from collapse_lab.models.pocket import fresh
from collapse_lab.models.tokenizer import build
from collapse_lab.study import PocketModel
from tests.collapse_lab.models import architectures
from tests.collapse_lab.models.standin import documents, tiny

DOCUMENTS = documents(20, seed=8)
PROMPTS = [prompt for prompt, _ in DOCUMENTS]
WARM = Sampling(max_tokens=20)


def test_it_is_what_the_engine_asks_for() -> None:
    model: Model = tiny()
    assert model.parameters == sum(p.numel() for p in tiny().network.parameters())


@pytest.mark.parametrize("name", architectures.CONFIGS)
def test_what_was_saved_opens_as_the_same_model(name: str, tmp_path: Path) -> None:
    model = architectures.model(name)
    model.save(tmp_path / "model")
    opened = open_model(tmp_path / "model", rows=8)
    if name == "qwen2":
        # transformers gives every Qwen2 its own tokenizer, whatever was saved beside it.
        opened = CausalModel(opened.network, model.tokenizer, rows=8)
    assert opened.score(DOCUMENTS) == model.score(DOCUMENTS)
    assert opened.complete(PROMPTS, range(20), WARM) == model.complete(PROMPTS, range(20), WARM)
    assert opened.parameters == model.parameters


def test_the_pocket_model_opens_with_the_same_tokenizer(tmp_path: Path) -> None:
    model = fresh(PocketModel(width=32, layers=1, heads=2), build(documents(50)), 0)
    model.save(tmp_path / "model")
    opened = open_model(tmp_path / "model")
    odd = ["<|eos|>", "\n\n        x = '\u00e4'\n", " good", "", *PROMPTS]
    assert opened.tokenizer(odd)["input_ids"] == model.tokenizer(odd)["input_ids"]
    assert opened.tokenizer.get_vocab() == model.tokenizer.get_vocab()


def test_a_copy_is_independent() -> None:
    model = tiny()
    before = model.score(DOCUMENTS)
    copied = model.copy()
    copied.train(DOCUMENTS, Training(steps=3, batch=4, learning_rate=1e-2), seed=0)
    assert model.score(DOCUMENTS) == before
    assert copied.score(DOCUMENTS) != before


def test_completions_follow_the_weights_as_they_are(taught: CausalModel) -> None:
    before = taught.complete(PROMPTS, range(20), WARM)
    taught.train(documents(50, seed=1), Training(steps=5, batch=8, learning_rate=3e-2), seed=0)
    after = taught.complete(PROMPTS, range(20), WARM)
    assert after != before
    assert after == taught.copy().complete(PROMPTS, range(20), WARM)


def test_nothing_but_training_changes_the_weights(taught: CausalModel) -> None:
    before = {name: tensor.clone() for name, tensor in taught.network.state_dict().items()}
    taught.complete(PROMPTS, range(20), WARM)
    taught.score(DOCUMENTS)
    taught.hidden(PROMPTS, -1)
    taught.preference(PROMPTS, GOOD, BAD)
    assert all((before[name] == tensor).all() for name, tensor in taught.network.state_dict().items())


def test_a_model_learns_to_judge() -> None:
    model = tiny()
    programs = [prompt + completion for prompt, completion in documents(80, seed=2)]
    spoiled = [program.replace("return result", "return 0") for program in programs]
    taught = lessons(programs[:40] + spoiled[:40], [True] * 40 + [False] * 40)
    model.train(documents(80), Training(steps=120, batch=16, learning_rate=1e-2), seed=0, beside=taught)
    good, bad = verdicts(model, programs[40:]), verdicts(model, spoiled[40:])
    assert min(good) > max(bad)


def test_a_question_follows_the_program_on_a_line_of_its_own() -> None:
    assert question("x = 1\n\n") == question("x = 1") == "x = 1\n# quality:"
    assert lessons(["x = 1\n", "y"], [True, False]) == [("x = 1\n# quality:", " good"), ("y\n# quality:", " bad")]
