"""Completions: right tokens on every architecture, and rows that do not know of each other."""

from __future__ import annotations

import random

import pytest
import torch

from collapse_lab.models import precision
from collapse_lab.models.causal import CausalModel
from collapse_lab.models.decode import machine_for
from collapse_lab.models.llama_machine import LlamaMachine
from collapse_lab.models.machine import CacheMachine
from collapse_lab.models.model import Completion, Sampling
from collapse_lab.models.shapes import grid
from tests.collapse_lab.models import architectures
from tests.collapse_lab.models.standin import documents

GREEDY = Sampling(temperature=0.0, max_tokens=24)
WARM = Sampling(temperature=1.2, top_p=0.95, max_tokens=24)
PROMPTS = [prompt for prompt, _ in documents(40, seed=3)]


def by_transformers(model: CausalModel, prompts: list[str], most: int) -> list[list[int]]:
    model.tokenizer.padding_side = "left"
    batch = model.tokenizer(prompts, return_tensors="pt", padding=True)
    batch.pop("token_type_ids", None)
    out = model.network.generate(**batch, do_sample=False, max_new_tokens=most, pad_token_id=0, eos_token_id=2)
    rows = out[:, batch["input_ids"].shape[1] :].tolist()
    return [row[: row.index(2) + 1] if 2 in row else row for row in rows]


@pytest.mark.parametrize("name", architectures.CONFIGS)
def test_greedy_tokens_are_those_of_generate(name: str) -> None:
    model = architectures.model(name)
    expected = by_transformers(model, PROMPTS, 24)
    made = model.complete(PROMPTS, [0] * len(PROMPTS), GREEDY)
    assert [(c.tokens, c.stopped) for c in made] == [(len(row), row[-1] == 2) for row in expected]
    assert [c.text for c in made] == [model.tokenizer.decode(row, skip_special_tokens=True) for row in expected]
    assert len({c.text for c in made}) > 5


def test_greedy_tokens_of_a_taught_model_are_those_of_generate(taught: CausalModel) -> None:
    expected = by_transformers(taught, PROMPTS, 24)
    made = taught.complete(PROMPTS, [0] * len(PROMPTS), GREEDY)
    assert [c.text for c in made] == [taught.tokenizer.decode(row, skip_special_tokens=True) for row in expected]
    assert any(c.stopped for c in made)


@pytest.mark.parametrize(
    ("name", "sampling"), [("llama", GREEDY), ("llama", WARM), ("qwen2", WARM), ("gpt_bigcode", WARM)]
)
def test_neither_neighbours_nor_order_nor_number_matter(name: str, sampling: Sampling) -> None:
    model = architectures.model(name)
    sampling = sampling.model_copy(update={"max_tokens": 12})
    prompts = [*PROMPTS[:20], "x", PROMPTS[0] * 3, *PROMPTS[:4]]
    seeds = list(range(100, 100 + len(prompts)))
    together = model.complete(prompts, seeds, sampling)
    for size in (1, 5, 8, 19):
        apart: list[Completion] = []
        some = len(prompts) if size > 1 else 6
        for at in range(0, some, size):
            apart += model.complete(prompts[at : at + size], seeds[at : at + size], sampling)
        assert apart[:some] == together[:some]
    for shuffle in range(2):
        order = random.Random(shuffle).sample(range(len(prompts)), len(prompts))
        shuffled = model.complete([prompts[i] for i in order], [seeds[i] for i in order], sampling)
        assert shuffled == [together[i] for i in order]


@pytest.mark.parametrize("name", ["llama", "qwen2", "gpt_bigcode"])
def test_logits_are_the_same_to_the_bit_at_every_place(name: str) -> None:
    """What the guarantee stands on, without the luck of a draw that rounds the difference away."""
    network = architectures.network(name)
    text = architectures.model(name)._codec.prompts(PROMPTS[:1])[0]
    found = set()
    for place in range(8):
        noise = random.Random(place)
        with torch.inference_mode():
            machine = machine_for(network)(network, 8, 64)
            for row in range(8):
                others = [noise.randrange(3, 50) for _ in text]
                shown = [others] * 3 + [list(text)] * (row == place) + [others] * 2
                machine.place(row, machine.read(grid(shown[:6], 6, 32, 0)), 3, len(text) - 1)
            tokens = torch.tensor([text[-1] if row == place else noise.randrange(3, 50) for row in range(8)])
            positions = torch.tensor([len(text) - 1 if row == place else noise.randrange(40) for row in range(8)])
            found.add(machine.step(tokens, positions)[place].numpy().tobytes())
    assert len(found) == 1


def test_a_row_that_is_given_to_another_text_forgets_the_first() -> None:
    model = architectures.model("llama")
    long, short = PROMPTS[0] * 2, "def"
    alone = model.complete([short] * 9, list(range(9)), WARM)
    after = model.complete([long] * 20 + [short] * 9, [*range(50, 70), *range(9)], WARM)
    assert after[20:] == alone


def test_seeds_decide(taught: CausalModel) -> None:
    first = taught.complete(PROMPTS[:1] * 20, list(range(20)), WARM)
    assert first == taught.complete(PROMPTS[:1] * 20, list(range(20)), WARM)
    assert len({c.text for c in first}) > 3


def test_a_longer_cap_only_goes_on(taught: CausalModel) -> None:
    short = taught.complete(PROMPTS, range(len(PROMPTS)), WARM.model_copy(update={"max_tokens": 6}))
    long = taught.complete(PROMPTS, range(len(PROMPTS)), WARM)
    assert all(b.text.startswith(a.text) for a, b in zip(short, long, strict=True))
    assert {c.tokens for c in short if not c.stopped} == {6}


def test_a_stop_at_the_cap_counts_as_one(taught: CausalModel) -> None:
    whole = next(c for c in taught.complete(PROMPTS, [0] * len(PROMPTS), GREEDY) if c.stopped)
    place = next(i for i, c in enumerate(taught.complete(PROMPTS, [0] * len(PROMPTS), GREEDY)) if c == whole)
    capped = taught.complete([PROMPTS[place]], [0], GREEDY.model_copy(update={"max_tokens": whole.tokens}))
    assert capped == [whole]


def test_nothing_asked_is_nothing_said(taught: CausalModel) -> None:
    assert taught.complete([], [], WARM) == []


def test_the_fast_machine_is_for_plain_small_llamas() -> None:
    assert machine_for(architectures.network("llama")) is LlamaMachine
    assert machine_for(architectures.network("llama with biases")) is CacheMachine
    assert machine_for(architectures.network("qwen2")) is CacheMachine


@pytest.mark.parametrize("onednn", [True, False])
def test_both_machines_agree_on_a_llama(onednn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not onednn:
        monkeypatch.setattr(precision, "_ONEDNN", None)
    network = architectures.network("llama")
    with torch.inference_mode():
        read = torch.randint(3, 50, (8, 16), generator=torch.Generator().manual_seed(0))
        tokens, positions = torch.arange(3, 11), torch.arange(8, 16)
        logits = []
        for made in (LlamaMachine(network, 8, 32), CacheMachine(network, 8, 32)):
            remembered = made.read(read)
            for row in range(8):
                made.place(row, remembered, row, 8 + row)
            logits.append(made.step(tokens, positions))
    torch.testing.assert_close(*logits, rtol=1e-4, atol=1e-4)
