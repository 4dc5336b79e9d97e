"""Documents put out of order so that a model learns to fill in the middle: its text stays what it was.

Bavarian et al. (arXiv 2207.14255) and SantaCoder (arXiv 2301.03988): a document is cut at two places drawn at random
into prefix, middle and suffix, and the middle is moved to the end. PSM: ``prefix`` P ``suffix`` S ``middle`` M. SPM, in
the form that shares its order with PSM's: ``prefix`` ``suffix`` S ``middle`` P M. The places are between tokens, as in
SantaCoder's published fine-tuning; Bavarian et al. found places between characters better where an answer begins
within a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from collapse_lab.models.text import Encoded

if TYPE_CHECKING:
    from collapse_lab.models.manner import Manner
    from collapse_lab.models.text import Codec


@dataclass(frozen=True, slots=True)
class FimTokens:
    """A model's tokens, by number. ``head`` stands before every text and stays there, ``stop`` behind it; where a
    model has an ``end`` of its own for a middle, that takes the stop's place."""

    prefix: int
    suffix: int
    middle: int
    stop: int
    end: int | None = None
    head: tuple[int, ...] = ()


def tokens_of(codec: Codec, manner: Manner | None) -> FimTokens:
    """Return a model's tokens. Raises ``ValueError`` for one that has not learned them, or is asked in chat style."""
    if manner is None or manner.fim is None:
        name = manner.name if manner else "A pocket model"
        raise ValueError(f"{name} has no tokens for filling in the middle. Set `fim_rate: 0`.")
    if manner.style.kind == "chat":
        raise ValueError(f"{manner.name} is trained on conversations, which have no middle to fill. Set `fim_rate: 0`.")
    words = codec.tokenizer.get_vocab()
    names = [manner.fim.prefix, manner.fim.suffix, manner.fim.middle, *([manner.fim.end] if manner.fim.end else [])]
    if missing := [name for name in names if name not in words]:
        raise ValueError(f"The tokenizer of {manner.name} has no {', '.join(missing)}. Name another tokenizer's model.")
    prefix, suffix, middle, *end = (words[name] for name in names)
    return FimTokens(prefix, suffix, middle, codec.stop, end[0] if end else None, codec.prefix)


def out_of_order(
    document: Encoded, tokens: FimTokens, rate: float, spm_rate: float, seed: int, room: int | None = None
) -> Encoded:
    """Return *document*, by *seed* and with the probability *rate*, with its middle last.

    It stays as it is where it would not fit into *room* tokens. The result has no prompt: all of it but the first
    token is to be learned.
    """
    random = np.random.Generator(np.random.Philox(key=seed))
    chosen, spm = random.random() < rate, random.random() < spm_rate
    if not chosen or (room is not None and len(document.ids) + 3 > room):
        return document
    head = _head(document.ids, tokens)
    text = document.ids[len(head) : -1]
    first, second = sorted(random.integers(0, len(text) + 1, 2).tolist())
    before, middle, after = text[:first], text[first:second], text[second:]
    if spm:
        moved = (tokens.prefix, tokens.suffix, *after, tokens.middle, *before, *middle)
    else:
        moved = (tokens.prefix, *before, tokens.suffix, *after, tokens.middle, *middle)
    return Encoded((*head, *moved, tokens.stop if tokens.end is None else tokens.end), 1)


def _head(ids: tuple[int, ...], tokens: FimTokens) -> tuple[int, ...]:
    """Return what stands before the text: where nothing does, an empty prompt is a stop (``text.Codec``)."""
    if tokens.head:
        return tokens.head if ids[: len(tokens.head)] == tokens.head else ()
    return ids[:1] if ids[0] == tokens.stop and len(ids) > 1 else ()
