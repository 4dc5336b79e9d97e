"""What is written and trained on in the bench: tokens drawn by a seed, of uneven lengths. Knows no torch.

No text and no tokenizer is needed: speed hangs on how many tokens there are, not on which. Every answer has a length of
its own, given beforehand, so that each engine writes the same number of tokens and none is faster because its numbers
were rounded to an earlier stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collapse_lab.models.text import Encoded
from collapse_lab.sample import seed_of

_SHORTEST = 16


@dataclass(frozen=True)
class NoStops:
    """What engines ask of a codec: the tokens that end an answer, of which there are none, and what fills rows up."""

    stops: frozenset[int] = frozenset()
    pad: int = 0


@dataclass(frozen=True)
class Length:
    """Ends an answer at a number of tokens; stands where a model's own ``Ending`` does. ``number`` tells answers with
    equal prompts apart."""

    tokens: int
    number: int = 0
    codec: NoStops = NoStops()

    def ended(self, answer: Sequence[int]) -> bool:
        """Whether *answer* has its length."""
        return len(answer) >= self.tokens


@dataclass(frozen=True)
class Work:
    """Prompts, and the length of each one's answer."""

    prompts: tuple[tuple[int, ...], ...]
    endings: tuple[Length, ...]

    @property
    def answers(self) -> list[int]:
        """The tokens of each answer."""
        return [ending.tokens for ending in self.endings]

    @property
    def tokens(self) -> int:
        """The tokens of all answers."""
        return sum(self.answers)

    def first(self, count: int) -> Work:
        """Return the first of them."""
        return Work(self.prompts[:count], self.endings[:count])


def work(count: int, longest: tuple[int, int], words: int) -> Work:
    """Return *count* prompts and lengths of answers, each spread evenly by its logarithm up to the *longest* (of
    prompts, and of answers); tokens are below *words*."""
    random = _random("work", count, *longest)
    asked, answered = (_lengths(random, count, most) for most in longest)
    prompts = tuple(tuple(random.integers(0, words, length).tolist()) for length in asked)
    return Work(prompts, tuple(Length(length, number) for number, length in enumerate(answered)))


def documents(tokens: int, longest: int, words: int) -> list[Encoded]:
    """Return documents of together at least *tokens*, none longer than *longest*, a third of each its prompt."""
    random = _random("documents", tokens, longest)
    made: list[Encoded] = []
    room = tokens
    while room > 0:
        (length,) = _lengths(random, 1, longest)
        made.append(Encoded(tuple(random.integers(0, words, length).tolist()), max(1, length // 3)))
        room -= length
    return made


def _lengths(random: np.random.Generator, count: int, most: int) -> list[int]:
    least = min(_SHORTEST, max(2, most // 4))
    return [round(length) for length in np.exp(random.uniform(np.log(least), np.log(most), count)).tolist()]


def _random(*parts: str | int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed_of("bench", *parts)))
