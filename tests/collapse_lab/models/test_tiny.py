"""Every architecture of the table, as a folder of somebody else's weights, through all that a round asks of a model."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
import torch

from collapse_lab.models.causal import CausalModel, open_model
from collapse_lab.models.judge import BAD, GOOD
from collapse_lab.models.known import known
from collapse_lab.models.machine import context
from collapse_lab.models.model import Completion, Sampling, Training
from collapse_lab.models.pretrained import identity_of, open_pretrained
from collapse_lab.models.style import in_block
from collapse_lab.study import PretrainedModel
from tests.collapse_lab.models import tiny
from tests.collapse_lab.models.standin import documents

DOCUMENTS = documents(16, seed=4)
PROMPTS = [prompt for prompt, _ in DOCUMENTS]
WARM = Sampling(temperature=1.0, max_tokens=16)
GREEDY = Sampling(temperature=0.0, max_tokens=16)
SHORT = Training(steps=4, batch=4, learning_rate=3e-3, checkpoint_every=1)


@cache
def folder(name: str) -> Path:
    """Return where the checkpoint was brought to, as a base of a study."""
    where = Path(mkdtemp())
    source = tiny.write(name, where / "source")
    open_pretrained(PretrainedModel(name=name, source=str(source)), 0, where)
    return where / "model"


def model(name: str) -> CausalModel:
    return open_model(folder(name), device="cpu", rows=4)


each = pytest.mark.parametrize("name", tiny.CHECKPOINTS)


@each
def test_it_opens_with_its_manner_and_keeps_it(name: str, tmp_path: Path) -> None:
    opened = model(name)
    assert opened.manner == known(name).manner("fp32")
    assert opened.network.dtype == torch.float32
    opened.save(tmp_path / "again")
    again = open_model(tmp_path / "again", device="cpu", rows=4)
    assert again.manner == opened.manner
    assert again.score(DOCUMENTS) == opened.score(DOCUMENTS)
    assert again.complete(PROMPTS, range(16), WARM) == opened.complete(PROMPTS, range(16), WARM)


@each
def test_greedy_answers_are_those_of_generate(name: str) -> None:
    opened = model(name)
    asked = [opened._style.asked(prompt, opened._conversation) for prompt in PROMPTS[:6]]
    made = opened.complete(PROMPTS[:6], [0] * 6, GREEDY)
    for prompt, ids, completion in zip(
        PROMPTS, opened._codec.prompts(asked, special=opened._talks), made, strict=False
    ):
        out = opened.network.generate(
            torch.tensor([ids]), do_sample=False, max_new_tokens=16, eos_token_id=sorted(opened._codec.stops)
        )
        # What generate wrote further than the margin is not of the answer.
        written = out[0, len(ids) :].tolist()[: completion.tokens]
        text = opened._codec.text([token for token in written if token not in opened._codec.stops])
        assert completion.text == opened._style.read(prompt, text)[0]


@each
def test_rows_do_not_know_of_each_other(name: str) -> None:
    opened = model(name)
    prompts = [*PROMPTS, "x", PROMPTS[0] * 2, *PROMPTS[:3]]
    seeds = list(range(100, 100 + len(prompts)))
    together = opened.complete(prompts, seeds, WARM)
    alone: list[Completion] = []
    for prompt, seed in zip(prompts[:5], seeds, strict=False):
        alone += opened.complete([prompt], [seed], WARM)
    assert alone == together[:5]
    order = random.Random(1).sample(range(len(prompts)), len(prompts))
    assert opened.complete([prompts[i] for i in order], [seeds[i] for i in order], WARM) == [together[i] for i in order]
    scores = opened.score(DOCUMENTS)
    assert [opened.score([document])[0] for document in DOCUMENTS] == scores
    assert opened.preference(PROMPTS, GOOD, BAD)[3:4] == opened.preference(PROMPTS[3:4], GOOD, BAD)
    assert (opened.hidden(PROMPTS, -1)[2] == opened.hidden(PROMPTS[2:3], -1)[0]).all()


@each
def test_a_killed_training_goes_on_to_the_same_weights(name: str, tmp_path: Path) -> None:
    whole, killed = model(name), model(name)
    log = whole.train(DOCUMENTS, SHORT, seed=3)

    def kill(done: int, of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed.train(DOCUMENTS, SHORT, seed=3, state=tmp_path / "state", told=kill)
    resumed = model(name)
    assert resumed.train(DOCUMENTS, SHORT, seed=3, state=tmp_path / "state").losses == log.losses
    for key, tensor in resumed.network.state_dict().items():
        assert torch.equal(tensor, whole.network.state_dict()[key]), key
    assert log.losses[-1] < log.losses[0]


@each
def test_training_scoring_and_writing_mean_one_text(name: str) -> None:
    """What is trained on behind a prompt are the tokens that an answer with the same text would have."""
    opened = model(name)
    for document, encoded in zip(DOCUMENTS, opened._encoded(DOCUMENTS), strict=True):
        asked = opened._style.asked(document[0], opened._conversation)
        (read,) = opened._codec.prompts([asked], special=opened._talks)
        assert encoded.ids[: encoded.prompt] == read
        written = encoded.ids[encoded.prompt : -1]
        assert opened._completion(document[0], [*written, opened._codec.stop]).text == document[1]
        assert in_block(document[0])


def test_a_text_that_is_longer_than_the_context_keeps_its_end() -> None:
    opened = model("starcoder2-3b")
    assert context(opened.network) == 128
    long = "".join(f"# line {number}\n" for number in range(100)) + PROMPTS[0]
    (ids,) = opened._codec.prompts([opened._style.asked(long, opened._conversation)], room=16)
    assert len(ids) == 112
    assert opened._codec.text(ids).endswith(PROMPTS[0].rstrip("\n"))
    assert opened.complete([long], [1], WARM)[0].tokens <= 16
    assert len(opened._encoded([(long, "    return 1\n")])[0].ids) == 128
    with pytest.raises(ValueError, match="leave no room"):
        opened.complete([long], [1], WARM.model_copy(update={"max_tokens": 128}))


def test_every_text_has_one_beginning() -> None:
    opened = model("llama-3.2-1b")
    begin = opened.tokenizer.bos_token_id
    assert all(document.ids.count(begin) == 1 for document in opened._encoded(DOCUMENTS))


def test_a_conversation_has_its_special_tokens_and_a_text_that_spells_one_has_none() -> None:
    opened = model("smollm2-instruct")
    stop = opened.tokenizer.eos_token_id
    (encoded,) = opened._encoded([("def f() -> str:\n", '    return "<|im_end|>"\n')])
    assert encoded.ids[: encoded.prompt].count(stop) == 1
    assert encoded.ids[encoded.prompt :].count(stop) == 1
    assert encoded.ids[-1] == stop


def test_bf16_writes_alike_and_nothing_else_changes() -> None:
    exact = model("smollm2")
    halved = CausalModel(exact.network, exact.tokenizer, 4, known("smollm2").manner("bf16"))
    assert halved.score(DOCUMENTS) == exact.score(DOCUMENTS)
    first = halved.complete(PROMPTS, range(16), WARM)
    assert first == [halved.complete([p], [s], WARM)[0] for s, p in enumerate(PROMPTS)]
    assert first != exact.complete(PROMPTS, range(16), WARM)
    writer = halved._writer.network
    assert {weight.dtype for weight in writer.parameters()} == {torch.bfloat16}
    assert {buffer.dtype for buffer in writer.buffers()} == {torch.float32}
    assert writer.get_output_embeddings().weight is writer.get_input_embeddings().weight
    halved.train(DOCUMENTS, SHORT, seed=1)
    assert exact.network.dtype == torch.float32
    assert halved.complete(PROMPTS, range(16), WARM) != first


def test_one_base_is_one_folder_of_weights() -> None:
    one = identity_of(PretrainedModel(name="smollm2", source=str(folder("smollm2").parent / "source")), 0)
    again = identity_of(PretrainedModel(name="smollm2", source=str(folder("smollm2").parent / "source")), 0)
    other = identity_of(PretrainedModel(name="smollm2", source=str(folder("llama-3.2-1b").parent / "source")), 0)
    assert one == again
    assert one["sha256"] != other["sha256"]
