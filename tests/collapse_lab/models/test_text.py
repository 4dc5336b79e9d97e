from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers.processors import TemplateProcessing

from collapse_lab.models.text import Codec
from tests.collapse_lab.models.standin import documents, tokenizer

PAIR = documents(1)[0]


@pytest.fixture
def codec() -> Codec:
    return Codec(tokenizer(), limit=128)


def test_prompt_and_completion_are_tokenised_apart(codec: Codec) -> None:
    (document,) = codec.documents([PAIR])
    (prompt,) = codec.prompts([PAIR[0]])
    assert document.ids[: document.prompt] == prompt
    assert codec.text(document.ids[document.prompt : -1]) == PAIR[1]
    assert document.ids[-1] == codec.stop
    assert document.written == len(document.ids) - len(prompt)


def test_a_tokenizer_with_a_beginning_puts_it_before_every_text() -> None:
    raw = tokenizer()
    raw.backend_tokenizer.post_processor = TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=[("<bos>", 1), ("<eos>", 2)]
    )
    codec = Codec(raw, limit=128)
    assert codec.prefix == (1,)
    assert codec.prompts(["def"])[0][0] == 1
    assert codec.documents([PAIR])[0].ids.count(2) == 1


def test_an_empty_prompt_still_has_a_token(codec: Codec) -> None:
    assert codec.prompts([""]) == [(codec.stop,)]
    assert codec.documents([("", "x")])[0].prompt == 1


def test_long_texts_lose_the_prompts_oldest_tokens(codec: Codec) -> None:
    short = Codec(codec.tokenizer, limit=40)
    (whole,), (cut,) = codec.documents([PAIR]), short.documents([PAIR])
    assert cut.ids == whole.ids[-40:]
    assert cut.written == whole.written
    assert short.prompts([PAIR[0]], room=30) == [codec.prompts([PAIR[0]])[0][-10:]]


def test_a_completion_longer_than_the_context_keeps_its_stop(codec: Codec) -> None:
    (cut,) = Codec(codec.tokenizer, limit=8).documents([PAIR])
    assert len(cut.ids) == 8
    assert cut.prompt == 1
    assert cut.ids[-1] == codec.stop


def test_no_room_for_a_prompt_is_an_error(codec: Codec) -> None:
    with pytest.raises(ValueError, match="128 new tokens leave no room for a prompt"):
        codec.prompts(["x"], room=128)


def test_words_are_one_known_token(codec: Codec) -> None:
    assert codec.text([codec.word(" good")]) == " good"
    with pytest.raises(ValueError, match="is 2 tokens"):
        codec.word(" good bad")
    with pytest.raises(ValueError, match="unknown word"):
        codec.word("never-seen"[:5])


def test_special_tokens_say_nothing(codec: Codec) -> None:
    assert codec.text([0, codec.word(" good"), codec.stop]) == " good"


def test_a_tokenizer_without_an_end_is_refused() -> None:
    raw = tokenizer()
    raw.eos_token = None
    with pytest.raises(ValueError, match="no end-of-text token"):
        Codec(raw, limit=8)


def test_contracts_and_texts_need_no_torch() -> None:
    names = ", ".join(f"collapse_lab.{name}" for name in ("study", "models.model", "models.judge", "models.text"))
    code = f"import sys, {names}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
