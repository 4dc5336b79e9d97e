"""Rows of one size that documents share, so that little of what passes through a model is padding. Knows no torch."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from collapse_lab.models.text import Encoded
from collapse_lab.sample import seed_of

Pass = Callable[[int], Sequence[Encoded]]
"""Gives the documents as they are in a pass over them, counted from 0."""
# Part of a document: its place among them, its first token, and the one behind its last.
_Piece = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """Tokens that pass through a model together.

    ``counted`` are the ranges (first, one behind last) of tokens that count in the loss; each is predicted from those
    before it. ``lengths`` cut the row into texts that see only themselves.
    """

    ids: tuple[int, ...]
    counted: tuple[tuple[int, int], ...]
    lengths: tuple[int, ...]

    @property
    def learned(self) -> int:
        """How many tokens count in the loss."""
        return sum(end - begin for begin, end in self.counted)


def single(document: Encoded, completion_only: bool) -> Row:
    """Return a row of one document. Its first token is predicted from nothing and never counts."""
    first = document.prompt if completion_only else 1
    return Row(document.ids, ((first, len(document.ids)),), (len(document.ids),))


def whole_rows(documents: Pass, size: int, completion_only: bool, seed: int) -> Iterator[Row]:
    """Yield rows of up to *size* tokens without end, one pass over the documents after another.

    No document is cut, but for one longer than a row, whose later pieces begin anew. Within a pass the longest are laid
    first, each into the fullest row that has room (best fit, decreasing); then the rows are shuffled.
    """
    for number in count():
        texts = documents(number)
        random = np.random.Generator(np.random.Philox(key=seed_of("rows", seed, number)))
        order = random.permutation(len(texts))
        laid = _laid([len(texts[place].ids) for place in order], size)
        for at in random.permutation(len(laid)):
            pieces = [(int(order[place]), begin, end) for place, begin, end in laid[at]]
            yield _side_by_side([(texts[place], begin, end) for place, begin, end in pieces], completion_only)


def joined_rows(documents: Pass, size: int, completion_only: bool, seed: int) -> Iterator[Row]:
    """Yield rows of *size* tokens without end: a stream of shuffled passes, cut wherever a row is full.

    Nothing is left out between passes; what a training does not come to of its last pass is its tail. Of a row only
    the first token is predicted from nothing.
    """
    ids: list[int] = []
    counts: list[bool] = []
    for number in count():
        texts = documents(number)
        random = np.random.Generator(np.random.Philox(key=seed_of("rows", seed, number)))
        for place in random.permutation(len(texts)):
            text = texts[place]
            ids += text.ids
            asked = text.prompt if completion_only else 0
            counts += [False] * asked + [True] * (len(text.ids) - asked)
            while len(ids) >= size:
                yield Row(tuple(ids[:size]), _ranges([False, *counts[1:size]]), (size,))
                del ids[:size], counts[:size]


def rows_a_pass(lengths: Sequence[int], size: int, *, joined: bool) -> float:
    """Return how many rows one pass over documents of these lengths fills."""
    return sum(lengths) / size if joined else len(_laid(lengths, size))


def _laid(lengths: Sequence[int], size: int) -> list[list[_Piece]]:
    """Return the pieces of each row."""
    pieces = [
        (place, begin, min(begin + size, length))
        for place, length in enumerate(lengths)
        for begin in range(0, length, size)
    ]
    pieces.sort(key=lambda piece: piece[1] - piece[2])
    rows: list[list[_Piece]] = []
    # (room left, row), the fullest first.
    room: list[tuple[int, int]] = []
    for piece in pieces:
        length = piece[2] - piece[1]
        at = bisect_left(room, (length, -1))
        left, row = room.pop(at) if at < len(room) else (size, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(piece)
        if left > length:
            insort(room, (left - length, row))
    return rows


def _side_by_side(pieces: Sequence[tuple[Encoded, int, int]], completion_only: bool) -> Row:
    ids: list[int] = []
    counted = []
    for text, begin, end in pieces:
        # A piece's first token is predicted from nothing.
        first = max(text.prompt if completion_only else 1, begin + 1)
        if first < end:
            counted.append((len(ids) + first - begin, len(ids) + end - begin))
        ids += text.ids[begin:end]
    return Row(tuple(ids), tuple(counted), tuple(end - begin for _, begin, end in pieces))


def _ranges(counts: Sequence[bool]) -> tuple[tuple[int, int], ...]:
    """Return the runs of true places."""
    edges = np.flatnonzero(np.diff(np.asarray([False, *counts, False], np.int8))).tolist()
    return tuple(zip(edges[::2], edges[1::2], strict=True))
