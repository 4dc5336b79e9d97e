from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from collapse_lab.models.causal import CausalModel, open_model
from collapse_lab.models.known import known
from collapse_lab.models.manner import Engine
from collapse_lab.models.model import Sampling, Training
from tests.collapse_lab.models import tiny
from tests.collapse_lab.models.standin import documents

PROMPTS = [prompt for prompt, _ in documents(12, seed=4)]
GREEDY = Sampling(temperature=0.0, max_tokens=20)
ENGINES: tuple[Engine, ...] = ("own", "continuous")


def model(name: str, folder: Path, engine: Engine) -> CausalModel:
    tiny.write(name, folder)
    known(name).manner("fp32", engine).write(folder)
    return open_model(folder, device="cpu", rows=4)


@pytest.mark.parametrize("name", ["smollm2", "qwen3-0.6b", "santacoder", "starcoder2-3b", "codellama-7b"])
def test_greedy_answers_are_the_same_whoever_writes(name: str, tmp_path: Path) -> None:
    own, other = (model(name, tmp_path / engine, engine) for engine in ENGINES)
    prompts = [*PROMPTS, PROMPTS[0]]
    expected = own.complete(prompts, range(13), GREEDY)
    assert other.complete(prompts, range(13), GREEDY) == expected
    assert len({c.text for c in expected}) > 3


@pytest.mark.parametrize("engine", ENGINES)
def test_it_writes_with_the_weights_as_they_are(engine: Engine, tmp_path: Path) -> None:
    writer = model("smollm2", tmp_path, engine)
    before = writer.complete(PROMPTS, range(12), GREEDY)
    writer.train(documents(12), Training(steps=4, batch=4, learning_rate=2e-2), seed=0)
    after = writer.complete(PROMPTS, range(12), GREEDY)
    assert after != before
    assert after == CausalModel(writer.network, writer.tokenizer, 4, known("smollm2").manner("fp32")).complete(
        PROMPTS, range(12), GREEDY
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_drawn_answers_have_the_models_own_shares(engine: Engine, tmp_path: Path) -> None:
    writer = model("smollm2", tmp_path, engine)
    (ids,) = writer._codec.prompts([writer._style.asked(PROMPTS[0], writer._conversation)])
    with torch.inference_mode():
        shares = writer.network(torch.tensor([ids])).logits[0, -1].softmax(-1)
    most = writer._codec.text([int(shares.argmax())])
    made = writer.complete(PROMPTS[:1] * 300, range(300), Sampling(temperature=1.0, max_tokens=1))
    texts = Counter(writer._style.answered(PROMPTS[0], c.text) for c in made)
    share = max(texts[most], texts[f"\n{most}"]) / 300
    assert share == pytest.approx(float(shares.max()), abs=0.1)
    assert len(texts) > 5


def test_nothing_asked_is_nothing_said(tmp_path: Path) -> None:
    assert model("smollm2", tmp_path, "continuous").complete([], [], GREEDY) == []


def test_torchs_own_random_numbers_are_left_alone(tmp_path: Path) -> None:
    writer = model("smollm2", tmp_path, "continuous")
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    writer.complete(PROMPTS[:2], range(2), Sampling(temperature=1.0, max_tokens=3))
    assert torch.equal(torch.rand(3), expected)
