"""What the making of an environment comes to."""

from __future__ import annotations

from dataclasses import dataclass

from gates.interpreter import Interpreter


class PrepareError(RuntimeError):
    """The environment could not be made; the message is a sentence and may quote what pip said."""


@dataclass(frozen=True)
class Prepared:
    """The interpreter for a repository's tests, where it comes from in words, and remarks."""

    interpreter: Interpreter
    origin: str
    notes: tuple[str, ...]
