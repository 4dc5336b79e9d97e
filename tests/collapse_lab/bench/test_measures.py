"""What a step's process measures, on tiny models: every engine does the same work, and every number is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")

import torch

from collapse_lab.bench import decoding, training
from collapse_lab.bench.networks import network
from collapse_lab.bench.plan import LAYOUTS, MODELS, SCALES
from collapse_lab.bench.workload import work
from collapse_lab.models.flops import flops_a_token
from collapse_lab.models.manner import Engine
from collapse_lab.models.model import Sampling

TINY = SCALES["cpu"]
SHORT = Sampling(temperature=0.8, top_p=0.95, max_tokens=TINY.longest[1])


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("engine", ["own", "continuous"])
def test_an_engine_is_measured_beside_generate(name: str, engine: Engine) -> None:
    made, weights = network(name, "cpu", "cpu")
    found = decoding.measure(made, engine, TINY, 1e9)
    assert weights == "random"
    assert found["tokens"] == work(TINY.prompts, TINY.longest, made.config.vocab_size).tokens
    assert len(found["tokens_a_second"]) == len(found["ratio"]) == TINY.runs
    assert {len(speeds) for speeds in found["generate"].values()} == {TINY.runs}
    assert found["of_limit"] > 0
    assert found["memory_bytes"] is None
    fastest = [max(speeds) for speeds in zip(*found["generate"].values(), strict=True)]
    assert found["ratio"] == pytest.approx([a / b for a, b in zip(found["tokens_a_second"], fastest, strict=True)])


@pytest.mark.parametrize("engine", ["own", "continuous"])
def test_all_write_answers_of_the_lengths_given(engine: Engine) -> None:
    made, _ = network("smollm2", "cpu", "cpu")
    todo = work(TINY.prompts, TINY.longest, made.config.vocab_size)
    with decoding._opened(engine, made, TINY.rows) as write:
        assert [len(answer) for answer in write(todo, SHORT)] == todo.answers
    for batch in (5, TINY.prompts):
        assert [len(answer) for answer in decoding._generate(made, todo, SHORT, batch)] == todo.answers


def test_greedy_answers_in_fp32_are_those_of_generate() -> None:
    made, _ = network("smollm2", "cpu", "cpu")
    todo = work(TINY.prompts, TINY.longest, made.config.vocab_size)
    greedy = Sampling(temperature=0.0, max_tokens=TINY.longest[1])
    with decoding._opened("own", made, TINY.rows) as write:
        assert decoding._same(write(todo, greedy), decoding._generate(made, todo, greedy, 5)) == 1.0


def test_no_run_is_begun_that_would_not_end_in_time() -> None:
    made, _ = network("smollm2", "cpu", "cpu")
    found = decoding.measure(made, "own", replace(TINY, most_seconds=0.0), None)
    assert len(found["ratio"]) == 1
    assert found["of_limit"] is None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_training_is_measured(layout: str) -> None:
    made, _ = network("qwen2.5-coder-1.5b", "cpu", "cpu")
    before = [weight.detach().clone() for weight in made.parameters()]
    found = training.measure(made, LAYOUTS[layout], TINY, peak=1e12)
    assert len(found["first_steps_seconds"]) == 3
    assert len(found["tokens_a_second"]) == TINY.steps - 3
    assert found["parameters"] == sum(weight.numel() for weight in before)
    context = TINY.packing if LAYOUTS[layout].joined else found["context"]
    assert 0 < context <= TINY.packing
    assert found["flops_a_token"] == flops_a_token(made.config, context, learning=True)
    middle = sorted(found["tokens_a_second"])[len(found["tokens_a_second"]) // 2]
    assert 0 < found["used"] <= middle * found["flops_a_token"] / 1e12 * 1.0001
    assert any(not torch.equal(one, other) for one, other in zip(before, made.parameters(), strict=True))


def test_a_step_has_all_its_rows_tokens() -> None:
    made, _ = network("smollm2", "cpu", "cpu")
    found = training.measure(made, LAYOUTS["joined-compiled"], TINY, peak=None)
    assert found["batch_tokens"] == TINY.batch * TINY.packing
    assert found["used"] is None


def test_training_ends_when_its_time_is_over() -> None:
    made, _ = network("smollm2", "cpu", "cpu")
    found = training.measure(made, LAYOUTS["packed"], replace(TINY, steps=50, most_seconds=0.0), peak=None)
    assert len(found["tokens_a_second"]) == 1
