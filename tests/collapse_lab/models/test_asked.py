"""A model that learned from files, asked for one function."""

from __future__ import annotations

from itertools import pairwise

import pytest

from collapse_lab.models.causal import CausalModel
from collapse_lab.models.manner import Manner
from collapse_lab.models.model import Document, Sampling, Training
from collapse_lab.models.pocket import fresh
from collapse_lab.models.style import COMPLETION
from collapse_lab.study import PocketModel
from tests.collapse_lab.models import tiny
from tests.collapse_lab.models.standin import documents

GREEDY = Sampling(temperature=0.0, max_tokens=40)
MANNER = Manner(name="x", licence="x", style=COMPLETION)


def file(document: Document, following: Document) -> Document:
    """Return a file of two functions, cut as files are learned: the line break with what follows it."""
    prompt, completion = document
    return prompt.removesuffix("\n"), f"\n{completion}{following[0]}"


@pytest.fixture(scope="module")
def plain() -> CausalModel:
    """Return a model that has seen functions only within files."""
    _, tokenizer = tiny.CHECKPOINTS["smollm2"]
    model = fresh(PocketModel(width=32, layers=2, heads=2), tokenizer(), 0)
    files = [file(one, other) for one, other in pairwise(documents(300))]
    model.train(files, Training(steps=200, batch=16, learning_rate=1.5e-2, warmup=10), seed=0)
    return model


@pytest.fixture
def asked(plain: CausalModel) -> CausalModel:
    return CausalModel(plain.copy().network, plain.tokenizer, rows=8, manner=MANNER)


HELD_OUT = documents(30, seed=99)
PROMPTS = [prompt for prompt, _ in HELD_OUT]


@pytest.mark.slow
def test_its_answer_is_the_function_and_no_more(asked: CausalModel, plain: CausalModel) -> None:
    made = asked.complete(PROMPTS, [0] * 30, GREEDY)
    right = sum(c.text == completion for c, (_, completion) in zip(made, HELD_OUT, strict=True))
    assert right > 15
    assert all(c.stopped for c in made)
    assert all("def" not in c.text for c in made)
    # Asked with the line break in the prompt, and not stopped, it does what every such model does.
    unstyled = plain.complete([prompt.removesuffix("\n") for prompt in PROMPTS], [0] * 30, GREEDY)
    assert any("\ndef" in c.text for c in unstyled)


def test_a_row_is_given_to_another_text_at_the_first_token_behind_the_margin(asked: CausalModel) -> None:
    for made, prompt in zip(asked.complete(PROMPTS, [0] * 30, GREEDY), PROMPTS, strict=True):
        (body,) = asked._codec._ids([f"\n{made.text}"])
        # The body, and the `def` that showed its end.
        assert made.tokens == len(body) + 1, prompt


def test_an_answer_that_ends_at_the_cap_has_stopped(asked: CausalModel) -> None:
    (whole,) = asked.complete(PROMPTS[:1], [0], GREEDY)
    exact = GREEDY.model_copy(update={"max_tokens": whole.tokens})
    assert asked.complete(PROMPTS[:1], [0], exact) == [whole]
    short = GREEDY.model_copy(update={"max_tokens": whole.tokens - 1})
    assert not asked.complete(PROMPTS[:1], [0], short)[0].stopped


def test_a_score_is_of_the_body_alone(asked: CausalModel, plain: CausalModel) -> None:
    (scored,) = asked.score(HELD_OUT[:1])
    prompt, completion = HELD_OUT[0]
    (whole,) = plain.score([(prompt.removesuffix("\n"), f"\n{completion}")])
    assert scored.tokens == whole.tokens - 1
    assert whole.nll > 2 * scored.nll
    # Nothing written: there is the stop alone to score.
    assert asked.score([(prompt.removesuffix("\n"), "")])[0].tokens == 1


def test_it_learns_to_stop_by_itself(asked: CausalModel) -> None:
    asked.train(HELD_OUT, Training(steps=60, batch=10, learning_rate=5e-3), seed=0)
    made = asked.complete(PROMPTS, [0] * 30, GREEDY)
    (body,) = asked._codec._ids([f"\n{made[0].text}"])
    assert made[0].stopped
    assert made[0].tokens == len(body) + 1
    assert sum(c.text == completion for c, (_, completion) in zip(made, HELD_OUT, strict=True)) > 25
