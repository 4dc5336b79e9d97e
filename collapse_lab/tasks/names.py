"""The names in prompts and bodies: drawn anew for every task, never two alike in one, none a builtin's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from random import Random

FUNCTIONS = ("solve", "compute", "process", "build", "derive", "evaluate")

PARAMETERS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "numbers": (("numbers",), ("values",), ("items",)),
    "words": (("words",), ("strings",), ("items",)),
    "text": (("text",), ("s",), ("line",)),
    "integer": (("n",), ("number",), ("m",)),
    "natural": (("n",), ("number",), ("m",)),
    "digits": (("n",), ("number",), ("m",)),
    "pair": (("a", "b"), ("x", "y"), ("m", "n")),
}

# Tables use `i` and `c` inside one expression, and `a` and `b` in pairs of neighbours: no local name here is one.
ROLES: Mapping[str, Sequence[str]] = {
    "number": ("x", "v", "k", "num"),
    "word": ("w", "word", "item", "x"),
    "char": ("ch", "char", "x"),
    "whole": ("result", "total", "acc", "out", "res"),
    "list": ("kept", "chosen", "found", "parts"),
    "stream": ("stream", "found"),
    "rest": ("rest", "others"),
    "counter": ("j", "k", "p", "t"),
    "third": ("q", "r", "u"),
    "spare": ("temp", "extra", "spare"),
}

SHADOWS = ("sum", "list", "max", "min", "str", "len", "id")
"""Builtins that an untidy body hides."""


class Names:
    """Draws names for one task."""

    def __init__(self, random: Random, takes: str, parameters: tuple[str, ...] = (), function: str = "") -> None:
        self._random = random
        self.function = function or random.choice(FUNCTIONS)
        self.parameters = parameters or random.choice(PARAMETERS[takes])
        self._taken = {self.function, *self.parameters}

    def draw(self, role: str) -> str:
        """Return a name for a role that the task does not use yet."""
        free = [name for name in ROLES[role] if name not in self._taken]
        name = self._random.choice(free)
        self._taken.add(name)
        return name

    def again(self) -> Names:
        """Return a copy: what it draws is not taken here."""
        other = copy(self)
        other._taken = set(self._taken)
        return other
