from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.models.fim import FimTokens, out_of_order, tokens_of
from collapse_lab.models.manner import Fim, Manner
from collapse_lab.models.model import Training
from collapse_lab.models.style import CHAT, COMPLETION
from collapse_lab.models.text import Codec, Encoded
from tests.collapse_lab.models.standin import tokenizer

PREFIX, SUFFIX, MIDDLE, STOP, END, BEGIN = 100, 101, 102, 0, 103, 104

TEXTS = st.lists(st.integers(1, 60), max_size=30)
TOKENS = st.builds(
    FimTokens,
    st.just(PREFIX),
    st.just(SUFFIX),
    st.just(MIDDLE),
    st.just(STOP),
    st.sampled_from([None, END]),
    st.sampled_from([(), (BEGIN,)]),
)


def document(text: list[int], tokens: FimTokens) -> Encoded:
    head = tokens.head or (() if text else (STOP,))
    return Encoded((*head, *text, STOP), max(1, len(head)))


def restored(ids: tuple[int, ...], tokens: FimTokens) -> tuple[int, ...]:
    """Put a document into order again, from what it says alone."""
    if PREFIX not in ids:
        return ids
    start = ids.index(PREFIX)
    head, rest = ids[:start], list(ids[start + 1 : -1])
    assert ids[-1] == (STOP if tokens.end is None else tokens.end)
    suffix, middle = rest.index(SUFFIX), rest.index(MIDDLE)
    before, after, filled = rest[:suffix], rest[suffix + 1 : middle], rest[middle + 1 :]
    return (*head, *before, *filled, *after, STOP)


@given(TEXTS, TOKENS, st.floats(0, 1), st.integers(0, 1000))
def test_every_document_can_be_put_into_order_again(
    text: list[int], tokens: FimTokens, spm_rate: float, seed: int
) -> None:
    given_ = document(text, tokens)
    moved = out_of_order(given_, tokens, 1.0, spm_rate, seed)
    assert restored(moved.ids, tokens) == given_.ids
    assert (len(moved.ids), moved.prompt) == (len(given_.ids) + 3, 1)
    assert out_of_order(given_, tokens, 1.0, spm_rate, seed) == moved


@given(TEXTS, TOKENS, st.integers(0, 1000))
def test_the_two_orders(text: list[int], tokens: FimTokens, seed: int) -> None:
    given_ = document(text, tokens)
    psm, spm = (out_of_order(given_, tokens, 1.0, rate, seed).ids for rate in (0.0, 1.0))
    at = psm.index(PREFIX)
    assert psm[:at] == spm[:at] == (given_.ids[:at])
    assert spm[at : at + 2] == (PREFIX, SUFFIX)
    # The same cut: what stands behind the suffix's token is the same, and the prefix moved to the middle.
    p, s, m = psm[at + 1 : psm.index(SUFFIX)], psm[psm.index(SUFFIX) + 1 : psm.index(MIDDLE)], psm[psm.index(MIDDLE) :]
    assert spm[at + 2 :] == (*s, MIDDLE, *p, *m[1:])


def test_the_rates_are_rates() -> None:
    tokens, given_ = FimTokens(PREFIX, SUFFIX, MIDDLE, STOP), Encoded((*range(1, 40), STOP), 5)
    made = [out_of_order(given_, tokens, 0.5, 0.25, seed).ids for seed in range(2000)]
    moved = [ids for ids in made if ids != given_.ids]
    suffix_first = [ids for ids in moved if ids[1] == SUFFIX]
    assert 0.45 < len(moved) / 2000 < 0.55
    # Of those with the prefix first, one in forty has an empty prefix and looks alike.
    assert 0.2 < len(suffix_first) / len(moved) < 0.35
    assert len({ids.index(MIDDLE) for ids in moved}) > 30


def test_what_has_no_room_stays_in_order() -> None:
    tokens, given_ = FimTokens(PREFIX, SUFFIX, MIDDLE, STOP), Encoded((*range(1, 10), STOP), 5)
    assert out_of_order(given_, tokens, 1.0, 0.5, 0, room=12) == given_
    assert len(out_of_order(given_, tokens, 1.0, 0.5, 0, room=13).ids) == 13
    assert out_of_order(given_, tokens, 0.0, 0.5, 0) == given_


def manner(fim: Fim | None, *, chat: bool = False) -> Manner:
    return Manner(name="some-model", licence="MIT", style=CHAT if chat else COMPLETION, fim=fim)


def test_a_models_tokens_are_found_by_name() -> None:
    words = tokenizer()
    words.add_tokens(["<pre>", "<suf>", "<mid>", "<eot>"])
    codec = Codec(words, 256)
    found = tokens_of(codec, manner(Fim(prefix="<pre>", suffix="<suf>", middle="<mid>", end="<eot>")))
    names = [words.convert_ids_to_tokens(i) for i in (found.prefix, found.suffix, found.middle, found.end)]
    assert names == ["<pre>", "<suf>", "<mid>", "<eot>"]
    assert found.stop == words.eos_token_id
    assert tokens_of(codec, manner(Fim(prefix="<pre>", suffix="<suf>", middle="<mid>"))).end is None


def test_a_model_that_cannot_fill_in_says_so() -> None:
    codec = Codec(tokenizer(), 256)
    fim = Fim(prefix="<pre>", suffix="<suf>", middle="<mid>")
    with pytest.raises(ValueError, match="A pocket model has no tokens for filling in"):
        tokens_of(codec, None)
    with pytest.raises(ValueError, match="some-model has no tokens for filling in"):
        tokens_of(codec, manner(None))
    with pytest.raises(ValueError, match="conversations"):
        tokens_of(codec, manner(fim, chat=True))
    with pytest.raises(ValueError, match="tokenizer of some-model has no <pre>, <suf>, <mid>"):
        tokens_of(codec, manner(fim))


def test_no_completion_can_be_counted_alone_in_another_order() -> None:
    with pytest.raises(ValueError, match="`fim_rate` needs `completion_only: false`"):
        Training(steps=1, fim_rate=0.5)
    assert Training(steps=1, fim_rate=0.5, completion_only=False).fim_spm_rate == 0.5
