"""The tokenizer loses nothing, and prompt and completion meet at a token's border."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from collapse_lab.models import tokenizer as t
from collapse_lab.tasks.pocket import PocketSource


@pytest.fixture(scope="module")
def source() -> PocketSource:
    return PocketSource()


@pytest.fixture(scope="module")
def tokenizer(source: PocketSource) -> PreTrainedTokenizerFast:
    return t.build(source.texts())


TEXTS = st.text() | st.lists(
    st.sampled_from(
        ["    ", " ", "\n", "\t", "return", " x", "def", '"""', "é", "🙂", "12", "<|eos|>", "_", "(", "\r", "0"]
    )
).map("".join)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_every_text_comes_back(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    assert t.decode(tokenizer, t.encode(tokenizer, [text])[0]) == text


@settings(max_examples=200, deadline=None)
@given(prompt=TEXTS, completion=TEXTS)
def test_apart_or_together_is_the_same(tokenizer: PreTrainedTokenizerFast, prompt: str, completion: str) -> None:
    one, two, both = t.encode(tokenizer, [f"{prompt}\n", completion, f"{prompt}\n{completion}"])
    assert one + two == both


def test_tasks_texts_are_words_and_join_without_seam(tokenizer: PreTrainedTokenizerFast, source: PocketSource) -> None:
    """No word of a task of any pool or benchmark falls apart into bytes."""
    cut = tokenizer.backend_tokenizer.pre_tokenizer
    tasks = [*source.pool("tokens", 5, 3000), *(task for b in source.benchmarks().values() for task in b.tasks)]
    for task in tasks:
        prompt, body, both = t.encode(tokenizer, [task.prompt, task.reference, task.program(task.reference)])
        assert prompt + body == both
        assert len(both) == len(cut.pre_tokenize_str(task.program(task.reference))), task.program(task.reference)
        assert t.decode(tokenizer, both) == task.program(task.reference)


def test_the_verdicts_are_single_tokens(tokenizer: PreTrainedTokenizerFast) -> None:
    asked, good, bad = t.encode(tokenizer, [f"x\n{t.VERDICT}", t.GOOD, t.BAD])
    assert len(good) == len(bad) == 1
    assert good != bad
    assert t.encode(tokenizer, [f"x\n{t.VERDICT}{t.GOOD}"])[0] == asked + good
    assert len(asked) == 5


def test_pad_begin_and_end_are_entries_that_no_text_spells(tokenizer: PreTrainedTokenizerFast) -> None:
    special = [tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id]
    assert special == [0, 1, 2]
    for token in (t.PAD, t.BOS, t.EOS):
        assert not set(t.encode(tokenizer, [token])[0]) & set(special)
    assert t.decode(tokenizer, [*t.encode(tokenizer, ["return"])[0], *special]) == "return"


def test_saved_and_opened_it_is_the_same(
    tokenizer: PreTrainedTokenizerFast, source: PocketSource, tmp_path: Path
) -> None:
    tokenizer.save_pretrained(tmp_path)
    texts = [task.program(task.reference) for task in source.pool("saved", 0, 50)] + [f"a{t.EOS}b", "ü\t\n  x"]
    for opener in (PreTrainedTokenizerFast, AutoTokenizer):
        again: PreTrainedTokenizerFast = opener.from_pretrained(tmp_path)  # type: ignore[assignment]
        assert again.get_vocab() == tokenizer.get_vocab()
        assert t.encode(again, texts) == t.encode(tokenizer, texts)
        assert [t.decode(again, x) for x in t.encode(again, texts)] == texts
        assert (again.pad_token_id, again.bos_token_id, again.eos_token_id) == (0, 1, 2)


def test_the_vocabulary_is_small_and_the_same_each_time(
    tokenizer: PreTrainedTokenizerFast, source: PocketSource
) -> None:
    assert 500 < len(tokenizer) < 800
    assert t.build(source.texts()).get_vocab() == tokenizer.get_vocab()
