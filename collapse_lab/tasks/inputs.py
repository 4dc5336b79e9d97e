"""Typed inputs: for each kind of argument a fixed bank, edge cases first, from which every task takes its calls.

One bank a kind, not one a task: what an operation makes of a bank is computed once, and two specifications are the
same function where they agree on the whole bank.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from typing import Any

from collapse_lab.tasks.streams import stream

Arguments = tuple[Any, ...]
BANK = 64
"""How many inputs a bank has (naturals have fewer)."""

SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "numbers": ("list[int]",),
    "words": ("list[str]",),
    "text": ("str",),
    "integer": ("int",),
    "natural": ("int",),
    "digits": ("int",),
    "pair": ("int", "int"),
}
"""The types of the arguments by kind of input.

``integer`` is any, ``natural`` is 0 to 24 (small enough for naive recursion), ``digits`` is 0 to 99999; both integers
of a ``pair`` are positive.
"""

_NUMBERS: tuple[list[int], ...] = (
    [],
    [0],
    [5],
    [-3],
    [7, 7, 7],
    [2, 2, 3, 3],
    [-1, -5, -9],
    [1, 2, 3, 4, 5, 6, 7],
    [9, 6, 3, 0, -3],
    [0, 0, 1, 0],
    [15, 35, 25, 5],
    [-10, 10],
    [16, 9, 4, 1],
    [1, 3],
)
_TEXTS = (
    "",
    "a",
    " ",
    "level",
    "Hello World",
    "AEIOU",
    "xyz",
    "  two  gaps ",
    "2024",
    "b4 noon",
    "aabbcc",
    "Was it a cat",
    "aBa",
    "Sky",
)
_WORDS: tuple[list[str], ...] = (
    [],
    [""],
    ["apple"],
    ["level", "noon"],
    ["a", "", "b"],
    ["tree", "tree", "zoo"],
    ["Sun", "sun", "SUN"],
    ["one", "two", "six"],
    ["delta", "echo", "alpha"],
    ["x1", "e", "see"],
    ["banana", "kayak", "stone"],
    ["", ""],
)
_VOCABULARY = [
    "apple",
    "banana",
    "cherry",
    "stone",
    "tree",
    "zoo",
    "level",
    "noon",
    "kayak",
    "eve",
    "sky",
    "rhythm",
    "sun",
    "moon",
    "star",
    "echo",
    "alpha",
    "delta",
    "ice",
    "orange",
    "egg",
    "umbrella",
    "snake",
    "house",
    "river",
    "see",
    "sees",
    "pop",
    "data",
    "a",
    "I",
    "x",
    "up",
    "so",
    "Anna",
    "Bob",
    "Rome",
    "Eiffel",
    "Nile",
    "x1",
    "r2d2",
    "hello",
    "world",
    "civic",
    "oasis",
    "umbra",
    "aunt",
    "idea",
    "onion",
    "strength",
    "crypt",
    "queue",
    "banana-split",
    "it's",
]
_SPECIAL = (0, 1, -1, 2, 3, 5, 7, 9, 10, 11, 15, 14, 16, 21, 25, 35, 36, 45, 49, 50, 100, -5, -7, -10, -20)


def _number_list(random: Random) -> Arguments:
    spread = random.choice((3, 12, 12, 60))
    return (
        [
            random.choice(_SPECIAL) if random.random() < 0.35 else random.randint(-spread, spread + spread // 2)
            for _ in range(random.randint(2, 9))
        ],
    )


def _word_list(random: Random) -> Arguments:
    some = random.sample(_VOCABULARY, random.randint(2, 7))
    words = [random.choice(some) for _ in range(random.randint(2, 7))]
    return ([random.choice((w.upper(), w.capitalize())) if random.random() < 0.2 else w for w in words],)


def _text(random: Random) -> Arguments:
    words = [random.choice(_VOCABULARY) for _ in range(random.randint(1, 3))]
    words = [w.capitalize() if random.random() < 0.3 else w for w in words]
    if random.random() < 0.3:
        words.insert(random.randint(0, len(words)), str(random.randint(0, 120)))
    text = random.choice((" ", " ", " ", "", "  ")).join(words)
    return (random.choice((f" {text}", f"{text} ")) if random.random() < 0.2 else text,)


def _digits(random: Random) -> Arguments:
    return (random.choice((random.randint(10, 999), random.randint(1, 9) * 101, random.randint(1000, 99_999))),)


def _pair(random: Random) -> Arguments:
    factor = random.choice((1, 1, 2, 3, 4, 5))
    return (factor * random.randint(1, 7), factor * random.randint(1, 7))


_EDGES: Mapping[str, tuple[Arguments, ...]] = {
    "numbers": tuple((v,) for v in _NUMBERS),
    "words": tuple((v,) for v in _WORDS),
    "text": tuple((v,) for v in _TEXTS),
    "integer": tuple((n,) for n in (0, 1, -1, 2, -2, 3, 5, 9, 10, 11, -10, 100)),
    "natural": tuple((n,) for n in range(25)),
    "digits": tuple((n,) for n in (0, 1, 7, 9, 10, 11, 16, 20, 25, 99, 100, 1000, 12321)),
    "pair": ((1, 1), (1, 5), (5, 1), (4, 4), (12, 18), (18, 12), (7, 3), (3, 7), (2, 10), (9, 2)),
}
_MAKERS: Mapping[str, Callable[[Random], Arguments]] = {
    "numbers": _number_list,
    "words": _word_list,
    "text": _text,
    "integer": lambda random: (random.randint(-60, 120),),
    "digits": _digits,
    "pair": _pair,
}

SHORTENED: Mapping[str, tuple[str, str]] = {
    kind: (f"{kind} but first", f"{kind} but last") for kind in ("numbers", "words", "text")
}
"""The kinds whose banks are those of another without the first or the last item of each argument."""


def edges(kind: str) -> int:
    """Return how many of a bank's first inputs are edge cases."""
    return min(len(_EDGES[kind]), 12)


@cache
def bank(kind: str) -> tuple[Arguments, ...]:
    """Return the bank of one kind: distinct argument tuples, edge cases first. Nobody may change a list in it."""
    if " but " in kind:
        whole, _, less = kind.partition(" but ")
        return tuple((v[1:] if less == "first" else v[:-1],) for (v,) in bank(whole))
    inputs = list(_EDGES[kind])
    if (make := _MAKERS.get(kind)) is None:
        return tuple(inputs)
    random = stream("bank", kind)
    seen = {repr(arguments) for arguments in inputs}
    while len(inputs) < BANK:
        arguments = make(random)
        if repr(arguments) not in seen:
            seen.add(repr(arguments))
            inputs.append(arguments)
    return tuple(inputs)
