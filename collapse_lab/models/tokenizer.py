"""The pocket model's tokenizer: words of the tasks as single tokens, and every other text byte by byte.

A text is cut into pieces: a line break, an indent (less its last space), a word or a number with the space before
it, an operator. The first word of an indented line is so the same token as within a line. No piece crosses a line
break, so that a prompt (which ends with one) and its completion may be tokenised apart or together with the same
result. A piece that the vocabulary has is one token, any other is its bytes in UTF-8: nothing is lost,
``decode(encode(text)) == text`` for every text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

PAD, BOS, EOS = "<|pad|>", "<|bos|>", "<|eos|>"
GOOD, BAD = " good", " bad"
VERDICT = "# quality:"
"""What stands before a verdict; ``GOOD`` or ``BAD`` follows as one token."""

_ALWAYS = ("#", " quality", ":", GOOD, BAD, *(f"{space}{n}" for n in range(13) for space in ("", " ")))
_PIECES = "|".join(
    (
        r"\n",
        r" {15}(?= \S)| {11}(?= \S)| {7}(?= \S)| {3}(?= \S)",
        r" ?[A-Za-z_]+",
        r" ?[0-9]+",
        r' ?"""',
        r" ?(?:\*\*=|//=|\*\*|//|==|!=|<=|>=|->|\+=|-=|\*=|%=)",
        r"\(\)|\[\]|\):|\)\)|::",
        r" ?[^\sA-Za-z0-9_]",
        r"\s",
    )
)


def build(texts: Iterable[tuple[str, str]]) -> PreTrainedTokenizerFast:
    """Return a tokenizer with a token for every piece of the (prompt, completion) pairs, the most frequent first.

    Neither a beginning nor an end is added to a text; ``bos_token_id`` and ``eos_token_id`` are for the caller.
    """
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=_tokenizer(texts),
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        # A text that spells a special token is text.
        split_special_tokens=True,
    )


def _tokenizer(texts: Iterable[tuple[str, str]]) -> Tokenizer:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    cut = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    counts: Counter[str] = Counter()
    for pair in texts:
        for text in pair:
            counts.update(piece for piece, _ in cut.pre_tokenize_str(text))
    words = [piece for piece, _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))]
    always = [piece for text in _ALWAYS for piece, _ in cut.pre_tokenize_str(text)]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    entries = dict.fromkeys((PAD, BOS, EOS, *letters, *always, *words))
    # No merges: a piece is an entry as a whole or is left as bytes.
    model = models.BPE({entry: number for number, entry in enumerate(entries)}, [], ignore_merges=True)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = cut
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in (PAD, BOS, EOS)])
    return tokenizer


def encode(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[list[int]]:
    """Return the texts' tokens, nothing added."""
    return list(tokenizer(list(texts), add_special_tokens=False)["input_ids"]) if texts else []


def decode(tokenizer: PreTrainedTokenizerFast, tokens: Sequence[int]) -> str:
    """Return the text of some tokens; pad, begin and end tokens are left out."""
    return str(tokenizer.decode(list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False))
