from __future__ import annotations

import math
import random

import pytest
import torch

from collapse_lab.models import precision
from collapse_lab.models.causal import CausalModel
from collapse_lab.models.judge import BAD, GOOD, question
from tests.collapse_lab.models import architectures
from tests.collapse_lab.models.standin import documents

DOCUMENTS = [*documents(40, seed=5), ("x", ""), (documents(1)[0][0] * 4, "    result = 1\n")]


@pytest.mark.parametrize("name", architectures.CONFIGS)
def test_a_score_is_the_sum_over_completion_and_stop(name: str) -> None:
    model = architectures.model(name)
    prompt, completion = DOCUMENTS[0]
    ask = model.tokenizer(prompt)["input_ids"]
    answer = [*model.tokenizer(completion)["input_ids"], 2]
    with torch.inference_mode():
        logs = model.network(torch.tensor([ask + answer])).logits[0].double().log_softmax(-1)
    places = range(len(ask) - 1, len(ask) + len(answer) - 1)
    score = model.score([(prompt, completion)])[0]
    assert score.tokens == len(answer)
    assert score.nll == pytest.approx(-sum(float(logs[p, t]) for p, t in zip(places, answer, strict=True)), rel=1e-5)
    entropy = [-float((logs[p].exp() * logs[p]).sum()) for p in places]
    assert score.entropy == pytest.approx(sum(entropy) / len(entropy), rel=1e-5)


@pytest.mark.parametrize("name", ["llama", "qwen2", "gpt_bigcode"])
def test_a_score_is_the_same_to_the_bit_whatever_stands_beside(name: str) -> None:
    model = architectures.model(name)
    together = model.score(DOCUMENTS)
    assert [model.score([d])[0] for d in DOCUMENTS] == together
    for shuffle in range(3):
        order = random.Random(shuffle).sample(range(len(DOCUMENTS)), len(DOCUMENTS))
        assert model.score([DOCUMENTS[i] for i in order]) == [together[i] for i in order]


@pytest.mark.parametrize("name", ["llama", "llama with biases"])
def test_the_quick_product_is_for_reading_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = architectures.model(name)
    quick = model.score(DOCUMENTS)
    assert not any("forward" in module.__dict__ for module in model.network.modules())
    monkeypatch.setattr(precision, "_ONEDNN", None)
    for one, other in zip(quick, model.score(DOCUMENTS), strict=True):
        assert one.nll == pytest.approx(other.nll, rel=1e-4)
        assert one.entropy == pytest.approx(other.entropy, rel=1e-4)


def test_an_untrained_model_is_nearly_indifferent() -> None:
    model = architectures.model("qwen2")
    with torch.no_grad():
        model.network.get_output_embeddings().weight.zero_()
    (score,) = model.score(DOCUMENTS[:1])
    words = model.network.config.vocab_size
    assert score.entropy == pytest.approx(math.log(words), rel=1e-6)
    assert score.mean_nll == pytest.approx(math.log(words), rel=1e-6)


def test_likelier_completions_cost_less(taught: CausalModel) -> None:
    right = taught.score(DOCUMENTS[:40])
    swapped = taught.score([(p, "\n".join(reversed(c.split("\n")))) for p, c in DOCUMENTS[:40]])
    assert sum(s.nll for s in right) < sum(s.nll for s in swapped)


def test_preference_is_the_difference_of_two_logits() -> None:
    model = architectures.model("starcoder2")
    texts = [question(p + c) for p, c in DOCUMENTS]
    found = model.preference(texts, GOOD, BAD)
    good, bad = (model.tokenizer(word)["input_ids"][0] for word in (GOOD, BAD))
    for text, value in list(zip(texts, found, strict=True))[:5]:
        with torch.inference_mode():
            last = model.network(torch.tensor([model.tokenizer(text)["input_ids"]])).logits[0, -1]
        assert value == pytest.approx(float(last[good] - last[bad]), abs=1e-4)
    assert [model.preference([t], GOOD, BAD)[0] for t in texts] == found
    with pytest.raises(ValueError, match="words of one known token"):
        model.preference(texts, " good bad", BAD)


def test_nothing_asked_is_nothing_said(taught: CausalModel) -> None:
    assert taught.score([]) == []
    assert taught.preference([], GOOD, BAD) == []
